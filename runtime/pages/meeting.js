import { GraphqlError, GraphqlSocket } from './graphql.js'
import * as ask from './meeting-operations.js'

const CLIENT = '/pages/vendor/mediasoup-client.js'
const DISCONNECTED_FOR_MS = 2_000
const CHAT = 'chat'
/** A small picture for small tiles, and the whole one. */
const CAMERA_ENCODINGS = [{ scaleResolutionDownBy: 4, maxBitrate: 150_000 }, { maxBitrate: 1_200_000 }]

/**
 * Why a stay in a room is over: the server's reason, or what happened to the connection.
 *
 * @typedef {string} MeetingEnd
 *
 * @typedef {'CAMERA' | 'MICROPHONE' | 'SCREEN' | 'SCREEN_AUDIO'} Source
 * @typedef {{ id: string, name: string, kind: string }} Person
 * @typedef {{ id: string, kind: 'AUDIO' | 'VIDEO', muted: boolean, source: Source | null, participant: { id: string } }} Track
 *
 * @typedef {object} MeetingListener
 * @property {(person: Person) => void} onPerson Somebody has come, or goes by another name.
 * @property {(id: string) => void} onPersonLeft
 * @property {(track: Track, media: MediaStreamTrack | undefined) => void} onTrack A track has come, or changed; `media` once it flows.
 * @property {(track: Track) => void} onTrackEnded
 * @property {(ids: Set<string>) => void} onSpeakers
 * @property {(from: string, text: string) => void} onMessage
 */

/** One stay in a room, from joining to leaving: mediasoup-client on one side, the GraphQL API on the other. It knows no UI. */
export class Meeting {
  /** @type {import('mediasoup-client').types.Transport | undefined} */
  #send
  /** @type {import('mediasoup-client').types.Transport | undefined} */
  #recv
  /** @type {import('mediasoup-client').types.DataProducer | undefined} */
  #chat
  /** @type {Map<Source, import('mediasoup-client').types.Producer>} */
  #producers = new Map()
  /** By the id of the track. @type {Map<string, import('mediasoup-client').types.Consumer | undefined>} */
  #consumers = new Map()
  /** @type {PromiseWithResolvers<MeetingEnd>} */
  #ended = Promise.withResolvers()
  #me = ''
  #api
  #listener
  /** @type {import('mediasoup-client').Device} */
  #device

  /**
   * @param {{ app: string, room: string, identity: string, name: string, token: string | undefined }} who
   * @param {MeetingListener} listener
   * @throws {import('./graphql.js').GraphqlError | import('./graphql.js').ConnectionLost}
   */
  static async join({ token, ...who }, listener) {
    const [api, { Device }] = await Promise.all([
      GraphqlSocket.open(token),
      /** @type {Promise<typeof import('mediasoup-client')>} */ (import(CLIENT)),
    ])
    const meeting = new Meeting(api, new Device(), listener)
    try {
      await meeting.#begin(who)
      return meeting
    } catch (error) {
      meeting.close()
      throw error
    }
  }

  /** @param {GraphqlSocket} api @param {import('mediasoup-client').Device} device @param {MeetingListener} listener */
  constructor(api, device, listener) {
    this.#api = api
    this.#device = device
    this.#listener = listener
    api.lost.then(() => this.#ended.resolve('CONNECTION_LOST'))
  }

  /** Resolves when the stay is over without our doing. */
  get ended() {
    return this.#ended.promise
  }

  get participantId() {
    return this.#me
  }

  /**
   * Publishes a track; it stays the caller's and is never stopped here.
   *
   * @param {MediaStreamTrack} track
   * @param {Source} source
   */
  async publish(track, source) {
    const camera = source === 'CAMERA'
    const producer = await this.#send?.produce({
      track,
      stopTracks: false,
      disableTrackOnPause: true,
      zeroRtpOnPause: false,
      appData: { source },
      ...(camera && { encodings: CAMERA_ENCODINGS }),
      ...(source === 'MICROPHONE' && { codecOptions: { opusDtx: true, opusFec: true } }),
    })
    if (producer) this.#producers.set(source, producer)
  }

  /** @param {Source} source */
  async unpublish(source) {
    const producer = this.#producers.get(source)
    if (!producer) return
    this.#producers.delete(source)
    producer.close()
    await this.#api.run(ask.CLOSE_PRODUCER, { producerId: producer.id })
  }

  /** @param {Source} source @param {boolean} muted */
  async mute(source, muted) {
    const producer = this.#producers.get(source)
    if (!producer) return
    if (muted) producer.pause()
    else producer.resume()
    await this.#api.run(muted ? ask.PAUSE_PRODUCER : ask.RESUME_PRODUCER, { producerId: producer.id })
  }

  /** Sends another device's track in place of the present one. @param {Source} source @param {MediaStreamTrack} track */
  async replace(source, track) {
    await this.#producers.get(source)?.replaceTrack({ track })
  }

  /** @param {string} text */
  say(text) {
    if (this.#chat?.readyState !== 'open') throw new Error('the chat is not connected')
    this.#chat.send(text)
  }

  /** Chooses the small or the whole picture of a track with several. @param {string} trackId @param {boolean} small */
  preferSmall(trackId, small) {
    const consumer = this.#consumers.get(trackId)
    if (!consumer || consumer.appData.small === small) return
    consumer.appData.small = small
    this.#api.run(ask.PREFER_LAYER, { consumerId: consumer.id, spatialLayer: small ? 0 : 7 }).catch(() => {})
  }

  /** Leaves. Calling it again does nothing. */
  close() {
    this.#ended.resolve('LEFT')
    this.#send?.close()
    this.#recv?.close()
    if (this.#me) this.#api.run(ask.LEAVE, { participantId: this.#me }).catch(() => {})
    this.#me = ''
    this.#api.close()
  }

  /** @param {{ app: string, room: string, identity: string, name: string }} who */
  async #begin(who) {
    const { participant, routerRtpCapabilities, iceServers } = await this.#api.run(ask.JOIN, who)
    this.#me = participant.id
    await this.#device.load({ routerRtpCapabilities })
    ;[this.#send, this.#recv] = await Promise.all([this.#openTransport('SEND', iceServers), this.#openTransport('RECV', iceServers)])

    const room = { room: participant.room.name }
    this.#api.follow(
      ask.OWN_TRANSPORTS,
      { participantId: this.#me },
      ({ reason }) => reason && this.#ended.resolve(reason),
      () => this.#ended.resolve('CONNECTION_LOST'),
    )
    this.#api.follow(ask.PARTICIPANTS, room, (event) => this.#onPerson(event))
    this.#api.follow(ask.TRACKS, room, (event) => this.#onTrack(event))
    this.#api.follow(ask.DATA, room, (event) => this.#onData(event))
    this.#api.follow(ask.SPEAKERS, room, (speakers) =>
      this.#listener.onSpeakers(new Set(speakers.map((/** @type {any} */ one) => one.participant.id))),
    )
    // Who may only listen has no chat of its own.
    this.#chat = await this.#send.produceData({ label: CHAT, ordered: true }).catch(() => undefined)
  }

  /** @param {'SEND' | 'RECV'} direction @param {RTCIceServer[]} iceServers */
  async #openTransport(direction, iceServers) {
    const options = await this.#api.run(ask.CREATE_TRANSPORT, { participantId: this.#me, direction })
    const transport =
      direction === 'SEND'
        ? this.#device.createSendTransport({ ...options, iceServers })
        : this.#device.createRecvTransport({ ...options, iceServers })
    const transportId = transport.id
    /** Answers an event of mediasoup-client with what the API answers. @type {(answer: Promise<any>, done: (value: any) => void, failed: (error: Error) => void) => void} */
    const answer = (asked, done, failed) => void asked.then(done, failed)

    transport.on('connect', ({ dtlsParameters }, done, failed) =>
      answer(this.#api.run(ask.CONNECT_TRANSPORT, { transportId, dtlsParameters }), () => done(), failed),
    )
    transport.on('produce', ({ kind, rtpParameters, appData: { source } }, done, failed) =>
      answer(this.#api.run(ask.PRODUCE, { transportId, kind, rtpParameters, source }), done, failed),
    )
    transport.on('producedata', ({ sctpStreamParameters, label, protocol }, done, failed) =>
      answer(this.#api.run(ask.PRODUCE_DATA, { transportId, sctpStreamParameters, label, protocol }), done, failed),
    )
    this.#watch(transport)
    return transport
  }

  /** Restarts ICE when a connection falters, and gives the stay up when it fails. @param {import('mediasoup-client').types.Transport} transport */
  #watch(transport) {
    let timer = 0
    transport.on('connectionstatechange', (state) => {
      clearTimeout(timer)
      if (state === 'failed') this.#ended.resolve('CONNECTION_LOST')
      if (state !== 'disconnected') return
      timer = setTimeout(async () => {
        try {
          const { iceParameters } = await this.#api.run(ask.RESTART_ICE, { transportId: transport.id })
          await transport.restartIce({ iceParameters })
        } catch {
          this.#ended.resolve('CONNECTION_LOST')
        }
      }, DISCONNECTED_FOR_MS)
    })
  }

  /** @param {{ change: string, participant: Person }} event */
  #onPerson({ change, participant }) {
    if (participant.id === this.#me) return
    if (change === 'DELETED') this.#listener.onPersonLeft(participant.id)
    else this.#listener.onPerson(participant)
  }

  /** @param {{ change: string, track: Track }} event */
  async #onTrack({ change, track }) {
    if (track.participant.id === this.#me) return
    if (change === 'DELETED') {
      this.#consumers.get(track.id)?.close()
      this.#consumers.delete(track.id)
      this.#listener.onTrackEnded(track)
      return
    }
    this.#listener.onTrack(track, this.#consumers.get(track.id)?.track)
    if (this.#consumers.has(track.id)) return
    this.#consumers.set(track.id, undefined)
    try {
      const consumer = await this.#consume(track)
      if (!consumer) return
      if (!this.#consumers.has(track.id)) return consumer.close()
      this.#consumers.set(track.id, consumer)
      this.#listener.onTrack(track, consumer.track)
    } catch (error) {
      // A track that has ended meanwhile, or that this browser can not play, leaves its tile as it is.
      if (!(error instanceof GraphqlError)) throw error
    }
  }

  /** @param {Track} track */
  async #consume(track) {
    const { rtpCapabilities } = this.#device
    const options = await this.#api.run(ask.CONSUME, { transportId: this.#recv?.id, producerId: track.id, rtpCapabilities })
    const consumer = await this.#recv?.consume({ ...options, streamId: `${track.participant.id}-${track.source ?? 'MAIN'}`, appData: {} })
    await this.#api.run(ask.RESUME_CONSUMER, { consumerId: options.id })
    return consumer
  }

  /** @param {{ change: string, dataProducer: { id: string, label: string, participant: { id: string } } }} event */
  async #onData({ change, dataProducer: { id, label, participant } }) {
    if (label !== CHAT || participant.id === this.#me || change === 'DELETED') return
    try {
      const options = await this.#api.run(ask.CONSUME_DATA, { transportId: this.#recv?.id, dataProducerId: id })
      const consumer = await this.#recv?.consumeData(options)
      consumer?.on('message', (message) => {
        if (typeof message === 'string') this.#listener.onMessage(participant.id, message)
      })
    } catch (error) {
      if (!(error instanceof GraphqlError)) throw error
    }
  }
}

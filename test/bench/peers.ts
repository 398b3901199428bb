import { randomBytes } from 'node:crypto'
import { Audio, PeerConnection, type Track, Video } from 'node-datachannel'

/** The payload types of the rooms' routers, so that the bare router has them too. */
const OPUS = 100
const H264 = 110
const FRAMES_PER_SECOND = 30
const AUDIO_PACKETS_PER_SECOND = 50
const AUDIO_PACKET_BYTES = 80
const VIDEO_SSRC = 4_711
const AUDIO_SSRC = 4_712
/** Begins a sequence parameter set, by which mediasoup knows a keyframe: who comes never waits for one. */
const KEYFRAME = 0x67

/** Kept for good: what the library made takes the process with it when it is collected as garbage. */
const kept: unknown[] = []

function keep<T>(made: T): T {
  kept.push(made)
  return made
}

const GIVE_UP_MS = 5_000

type Direction = 'SendOnly' | 'RecvOnly'

/** One side of a WebRTC session with its offer ready, so that joining costs no more than joining. */
class Peer {
  readonly #connection = keep(new PeerConnection('bench', { iceServers: [], bindAddress: '127.0.0.1', disableAutoNegotiation: true }))
  #offer = ''

  addVideo(direction: Direction): Track {
    const video = new Video('0', direction)
    video.addH264Codec(H264)
    if (direction === 'SendOnly') video.addSSRC(VIDEO_SSRC, 'bench')
    return keep(this.#connection.addTrack(video))
  }

  addAudio(direction: Direction): Track {
    const audio = new Audio('1', direction)
    audio.addOpusCodec(OPUS)
    if (direction === 'SendOnly') audio.addSSRC(AUDIO_SSRC, 'bench')
    return keep(this.#connection.addTrack(audio))
  }

  async prepare(): Promise<void> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === 'complete') resolve()
      })
    })
    this.#connection.setLocalDescription('offer')
    await gathered
    this.#offer = this.#connection.localDescription()?.sdp ?? ''
  }

  async join(url: string): Promise<void> {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: this.#offer })
    const answer = await response.text()
    if (response.status !== 201) throw new Error(`${url} answered ${response.status} ${answer}`)
    this.#connection.setRemoteDescription(answer, 'answer')
  }

  close(): void {
    this.#connection.close()
  }
}

export type Noise = { bitrateBps: number; packetsPerFrame: number }

/** Publishes what `makeNoise` makes. */
export async function publishNoise(url: string, noise: Noise): Promise<{ close(): void }> {
  const peer = new Peer()
  const video = peer.addVideo('SendOnly')
  const audio = peer.addAudio('SendOnly')
  const open = new Promise<void>((resolve) => video.onOpen(resolve))
  await peer.prepare()
  await peer.join(url)
  await open

  const stop = makeNoise(noise, {
    video: (packet) => video.isOpen() && video.sendMessageBinary(packet),
    audio: (packet) => audio.isOpen() && audio.sendMessageBinary(packet),
  })
  return {
    close() {
      stop()
      peer.close()
    },
  }
}

/** Makes RTP packets until the function that it returns is called: silence, and noise that looks like H.264, thirty frames a second. */
export function makeNoise(
  { bitrateBps, packetsPerFrame }: Noise,
  send: { video(packet: Buffer): void; audio(packet: Buffer): void },
): () => void {
  const packetBytes = Math.round(bitrateBps / 8 / FRAMES_PER_SECOND / packetsPerFrame)
  let packets = 0
  const sendFrame = (frame: number) => {
    for (let part = 1; part <= packetsPerFrame; part++) {
      const header = {
        payloadType: H264,
        isLast: part === packetsPerFrame,
        sequence: packets++,
        timestamp: frame * 3_000,
        ssrc: VIDEO_SSRC,
      }
      send.video(packet(header, packetBytes, KEYFRAME))
    }
  }
  const sendSilence = (number: number) => {
    const header = { payloadType: OPUS, isLast: false, sequence: number, timestamp: number * 960, ssrc: AUDIO_SSRC }
    send.audio(packet(header, AUDIO_PACKET_BYTES))
  }
  const timers = [everySo(FRAMES_PER_SECOND, sendFrame), everySo(AUDIO_PACKETS_PER_SECOND, sendSilence)]
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

function everySo(perSecond: number, send: (number: number) => void): NodeJS.Timeout {
  let number = 0
  return setInterval(() => send(number++), 1_000 / perSecond)
}

type Header = { payloadType: number; isLast: boolean; sequence: number; timestamp: number; ssrc: number }

function packet({ payloadType, isLast, sequence, timestamp, ssrc }: Header, bytes: number, firstByte = 0): Buffer {
  const packet = randomBytes(bytes)
  packet[0] = 0x80
  packet[1] = (isLast ? 0x80 : 0) | payloadType
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE(timestamp >>> 0, 4)
  packet.writeUInt32BE(ssrc, 8)
  packet[12] = firstByte
  return packet
}

/** Somebody who watches. */
export class Viewer {
  readonly #peer = new Peer()
  readonly #video = this.#peer.addVideo('RecvOnly')

  static async prepare(): Promise<Viewer> {
    const viewer = new Viewer()
    viewer.#peer.addAudio('RecvOnly')
    await viewer.#peer.prepare()
    return viewer
  }

  /** Resolves once connected. What then comes is never looked at, which would cost more than all the rest. */
  async watch(url: string): Promise<void> {
    const open = new Promise<void>((resolve) => this.#video.onOpen(resolve))
    await this.#peer.join(url)
    await open
  }

  /** Milliseconds from asking to the answer, and to the first packet of video: Infinity when none came for too long. */
  async timeToFirstPacket(url: string): Promise<{ answerMs: number; packetMs: number }> {
    const startedAt = performance.now()
    const came = new Promise<number>((resolve) => {
      const timer = setTimeout(() => resolve(Number.POSITIVE_INFINITY), GIVE_UP_MS)
      this.#video.onMessage(() => {
        clearTimeout(timer)
        resolve(performance.now() - startedAt)
      })
    })
    await this.#peer.join(url)
    const answerMs = performance.now() - startedAt
    return { answerMs, packetMs: await came }
  }

  close(): void {
    this.#peer.close()
  }
}

/** Somebody who watches what a server offers, on an address of this machine. */
export class Answerer {
  readonly #connection: PeerConnection
  readonly #video: Promise<Track>
  /** Resolves once connected. */
  readonly opened: Promise<void>

  constructor(bindAddress: string) {
    this.#connection = keep(new PeerConnection('bench', { iceServers: [], bindAddress, disableAutoNegotiation: true }))
    this.#video = new Promise((resolve) => {
      this.#connection.onTrack((track) => {
        if (keep(track).type() === 'video') resolve(track)
      })
    })
    this.opened = this.#video.then((video) => new Promise((resolve) => video.onOpen(resolve)))
  }

  async answer(offer: string): Promise<string> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === 'complete') resolve()
      })
    })
    this.#connection.setRemoteDescription(offer, 'offer')
    this.#connection.setLocalDescription('answer')
    await gathered
    return this.#connection.localDescription()?.sdp ?? ''
  }

  /** Resolves with the next packet of video. */
  async packet(): Promise<void> {
    const video = await this.#video
    await new Promise<void>((resolve) => video.onMessage(() => resolve()))
  }

  close(): void {
    this.#connection.close()
  }
}

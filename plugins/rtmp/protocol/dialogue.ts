import { type AmfObject, type AmfValue, isAmfObject } from './amf0.ts'
import {
  type Command,
  commandMessage,
  controlMessage,
  MessageType,
  peerBandwidthMessage,
  type RtmpMessage,
  readCommand,
  UserControl,
  userControlMessage,
} from './message.ts'
import { ProtocolError } from './protocol-error.ts'
import { type ConnectTarget, type PublishRequest, readConnectTarget, readPublishRequest } from './publish-request.ts'

/** Bytes that either side sends before it wants an acknowledgement. */
export const WINDOW_BYTES = 2_500_000
/** Our own messages are shorter than this, so each is one chunk. */
const SEND_CHUNK_BYTES = 4_096
const MAX_STREAMS = 8
/** Enhanced RTMP's word for "will be passed on". */
const CAN_FORWARD = 4

/** What the dialogue asks of its connection. */
export interface DialogueHost {
  readonly remoteAddress: string
  /** FourCCs of what may be published in the enhanced form. */
  readonly fourCcs: { video: readonly string[]; audio: readonly string[] }
  send(message: RtmpMessage): void
  setSendChunkSize(bytes: number): void
  publish(request: PublishRequest, streamId: number): void
  /** The encoder said that it will stop. */
  unpublishing(): void
  unpublish(): void
  refuse(detail: string): void
}

/**
 * The commands of one encoder, from `connect` to `deleteStream`: one app and one published stream per connection.
 *
 * @see Adobe RTMP 1.0 section 7.2; releaseStream, FCPublish and FCUnpublish come from Flash Media Live Encoder
 */
export class Dialogue {
  readonly #host: DialogueHost
  #target: ConnectTarget | undefined
  #streams = 0
  #publishedId: number | undefined

  constructor(host: DialogueHost) {
    this.#host = host
  }

  /** @throws {ProtocolError} when the message is no command, or comes before `connect`. */
  handle(message: RtmpMessage): void {
    const command = readCommand(message)
    if (command.name === 'connect') this.#connect(command)
    else if (!this.#target) throw new ProtocolError('a command came before connect')
    else this.#handleStream(this.#target, message.streamId, command)
  }

  #handleStream(target: ConnectTarget, streamId: number, command: Command): void {
    const [first] = command.args
    switch (command.name) {
      case 'releaseStream':
        this.#answer(command, null, undefined)
        break
      case 'FCPublish':
        this.#answer(command, null, undefined)
        this.#notify('onFCPublish', 'NetStream.Publish.Start', first)
        break
      case 'createStream':
        if (++this.#streams > MAX_STREAMS) throw new ProtocolError(`more than ${MAX_STREAMS} streams`)
        this.#answer(command, null, this.#streams)
        break
      case 'publish':
        this.#publish(target, streamId, command)
        break
      case 'FCUnpublish':
        this.#notify('onFCUnpublish', 'NetStream.Unpublish.Success', first)
        if (this.#publishedId !== undefined) this.#host.unpublishing()
        break
      case 'deleteStream':
        this.#closeStream(typeof first === 'number' ? first : streamId)
        break
      case 'closeStream':
        this.#closeStream(streamId)
        break
      case 'getStreamLength':
        this.#answer(command, null, 0)
        break
      case 'play':
      case 'play2':
        this.status(streamId, 'error', 'NetStream.Play.Failed', 'This server has no RTMP playback.')
        this.#host.refuse('it wanted to play')
        break
      default:
        if (command.transactionId !== 0) this.#fail(command, 'NetConnection.Call.Failed', 'This server has no such method.')
    }
  }

  /** Tells the encoder how its publishing went. */
  status(streamId: number, level: 'status' | 'error', code: string, description: string): void {
    this.#host.send(commandMessage(streamId, 'onStatus', 0, null, { level, code, description: description.slice(0, 512) }))
  }

  /** Tells the encoder to go ahead. */
  accept(streamId: number): void {
    this.#host.send(userControlMessage(UserControl.STREAM_BEGIN, streamId))
    this.status(streamId, 'status', 'NetStream.Publish.Start', 'Publishing.')
  }

  #connect(command: Command): void {
    if (this.#target) throw new ProtocolError('connect came twice')
    const asked: AmfObject = isAmfObject(command.object) ? command.object : {}
    this.#target = readConnectTarget(asked.app, asked.tcUrl, asked.flashVer)
    if (!this.#target) {
      this.#fail(command, 'NetConnection.Connect.InvalidApp', 'The URL names no application, or is too long.')
      this.#host.refuse('connect named no app')
      return
    }
    this.#host.send(controlMessage(MessageType.WINDOW_ACK_SIZE, WINDOW_BYTES))
    this.#host.send(peerBandwidthMessage(WINDOW_BYTES))
    this.#host.send(controlMessage(MessageType.SET_CHUNK_SIZE, SEND_CHUNK_BYTES))
    this.#host.setSendChunkSize(SEND_CHUNK_BYTES)
    const enhanced = ['fourCcList', 'videoFourCcInfoMap', 'audioFourCcInfoMap', 'capsEx'].some((key) => key in asked)
    this.#answer(
      command,
      { fmsVer: 'FMS/3,0,1,123', capabilities: 31, ...(enhanced ? this.#capabilities() : {}) },
      {
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connected.',
        objectEncoding: asked.objectEncoding === 3 ? 3 : 0,
      },
    )
  }

  /** @see Enhanced RTMP v2, "Enhancing NetConnection connect Command" */
  #capabilities(): AmfObject {
    const { video, audio } = this.#host.fourCcs
    const map = (fourCcs: readonly string[]) => Object.fromEntries(fourCcs.map((fourCc) => [fourCc, CAN_FORWARD]))
    // capsEx 0: no reconnect request, no multitrack, no ModEx.
    return { fourCcList: [...video, ...audio], videoFourCcInfoMap: map(video), audioFourCcInfoMap: map(audio), capsEx: 0 }
  }

  #publish(target: ConnectTarget, streamId: number, { args }: Command): void {
    const request = readPublishRequest(target, args[0], args[1], this.#host.remoteAddress)
    if (!request || this.#publishedId !== undefined) {
      const reason = request ? 'This connection publishes already.' : 'The stream name is empty or too long.'
      this.status(streamId, 'error', 'NetStream.Publish.BadName', reason)
      this.#host.refuse(reason)
      return
    }
    this.#publishedId = streamId
    this.#host.publish(request, streamId)
  }

  #closeStream(streamId: number): void {
    if (this.#publishedId === undefined || streamId !== this.#publishedId) return
    this.status(streamId, 'status', 'NetStream.Unpublish.Success', 'Unpublished.')
    this.#host.unpublish()
  }

  #answer(command: Command, object: AmfValue, result: AmfValue): void {
    this.#host.send(commandMessage(0, '_result', command.transactionId, object, result))
  }

  #fail(command: Command, code: string, description: string): void {
    this.#host.send(commandMessage(0, '_error', command.transactionId, null, { level: 'error', code, description }))
  }

  #notify(name: string, code: string, description: AmfValue): void {
    const text = typeof description === 'string' ? description.slice(0, 512) : ''
    this.#host.send(commandMessage(0, name, 0, null, { level: 'status', code, description: text }))
  }
}

import { EventEmitter } from 'node:events'
import { MediaError, messageOf } from '../../../core/kernel/errors.ts'
import { splitAggregate } from './aggregate.ts'
import { ChunkReader } from './chunk-reader.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { CloseReason, RtmpConnectionEvents, RtmpConnectionOptions, RtmpSocket } from './connection-types.ts'
import { Dialogue, WINDOW_BYTES } from './dialogue.ts'
import { ServerHandshake } from './handshake.ts'
import { controlMessage, MessageType, type RtmpMessage, UserControl, userControlMessage } from './message.ts'
import { dataPayload, readMetadata } from './metadata.ts'
import { ProtocolError } from './protocol-error.ts'
import type { PublishRequest } from './publish-request.ts'
import { type MediaKind, SessionTime } from './session-time.ts'

const CONTROL_CHUNK_STREAM = 2
const COMMAND_CHUNK_STREAM = 3
/** A peer that lets more answers than this lie unread is not waited for. */
const MAX_UNSENT_BYTES = 256 * 1024
/** Of what came before the answer to publish. */
const MAX_HELD_BYTES = 256 * 1024
const MIN_ACK_WINDOW_BYTES = 64 * 1024
/** How long a peer may take to read our last words. */
const LINGER_MS = 2_000

/** One encoder's connection, from the handshake to its end. The socket belongs to it. */
export class RtmpConnection implements Disposable {
  readonly events = new EventEmitter<RtmpConnectionEvents>()
  readonly remoteAddress: string
  readonly #socket: RtmpSocket
  readonly #options: RtmpConnectionOptions
  readonly #handshake: ServerHandshake
  readonly #reader = new ChunkReader((message) => this.#receive(message))
  readonly #writer = new ChunkWriter()
  readonly #dialogue: Dialogue
  readonly #time = new SessionTime()
  readonly #abort = new AbortController()
  readonly #openTimer: NodeJS.Timeout
  #idleTimer: NodeJS.Timeout | undefined
  #shaken = false
  #state: 'OPENING' | 'AUTHORIZING' | 'PUBLISHING' | 'CLOSED' = 'OPENING'
  #publishedId = 0
  #unpublishing = false
  #paused = false
  #receivedBytes = 0
  #acknowledgedBytes = 0
  #ackWindowBytes = WINDOW_BYTES
  #lastMetadata: Buffer | undefined

  constructor(socket: RtmpSocket, options: RtmpConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.remoteAddress = socket.remoteAddress ?? ''
    this.#handshake = new ServerHandshake((bytes) => socket.write(bytes))
    this.#dialogue = new Dialogue({
      remoteAddress: this.remoteAddress,
      fourCcs: options.fourCcs ?? { video: ['avc1'], audio: ['mp4a'] },
      send: (message) => this.#send(message),
      setSendChunkSize: (bytes) => {
        this.#writer.chunkSize = bytes
      },
      publish: (request, streamId) => void this.#authorize(request, streamId),
      unpublishing: () => {
        this.#unpublishing = true
      },
      unpublish: () => this.close('UNPUBLISHED'),
      refuse: (detail) => this.close('REFUSED', detail),
    })
    const openTimeoutMs = options.openTimeoutMs ?? 10_000
    this.#openTimer = setTimeout(() => this.close('IDLE', `did not publish within ${openTimeoutMs} ms`), openTimeoutMs)
    socket.setNoDelay?.(true)
    socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    socket.on('error', (error) => this.#vanish(messageOf(error)))
    socket.on('close', () => this.#vanish('the connection was closed'))
    socket.on('end', () => this.#vanish('the encoder hung up'))
  }

  /** Payload and framing, in bytes, since the connection was opened. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get closed(): boolean {
    return this.#state === 'CLOSED'
  }

  /** Stops reading, so that the encoder slows down instead of memory filling up. Silence is not held against it meanwhile. */
  pause(): void {
    this.#paused = true
    this.#flow()
  }

  resume(): void {
    this.#paused = false
    this.#flow()
  }

  /** Closes once, however often it is called; what was written before is sent first, except to a peer that broke the protocol. */
  close(reason: CloseReason = 'REQUESTED', detail = ''): void {
    if (this.#state === 'CLOSED') return
    if (this.#state === 'PUBLISHING' && (reason === 'REQUESTED' || reason === 'REFUSED' || reason === 'IDLE')) {
      this.#dialogue.status(this.#publishedId, 'error', 'NetStream.Publish.Failed', detail || 'The server closed the stream.')
      // Telling it may have closed this already, when the peer reads nothing.
      if (this.closed) return
    }
    this.#state = 'CLOSED'
    clearTimeout(this.#openTimer)
    clearInterval(this.#idleTimer)
    this.#abort.abort()
    this.#reader.hold()
    if (reason === 'PROTOCOL_ERROR') this.#socket.destroy()
    else this.#linger()
    this.events.emit('closed', reason, detail)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Destroying a socket that has unread bytes resets it, and the peer may lose our last words; so these are read and dropped. */
  #linger(): void {
    if (this.#socket.destroyed) return
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.end()
    this.#socket.resume()
  }

  #vanish(detail: string): void {
    this.close(this.#unpublishing ? 'UNPUBLISHED' : 'DISCONNECTED', detail)
  }

  #onData(bytes: Buffer): void {
    if (this.#state === 'CLOSED') return
    this.#receivedBytes += bytes.length
    this.#guard(() => {
      const chunks = this.#shaken ? bytes : this.#handshake.push(bytes)
      if (!chunks) return
      this.#shaken = true
      this.#reader.push(chunks)
    })
    if (this.closed) return
    if (this.#receivedBytes - this.#acknowledgedBytes >= this.#ackWindowBytes) {
      this.#acknowledgedBytes = this.#receivedBytes
      this.#send(controlMessage(MessageType.ACKNOWLEDGEMENT, this.#receivedBytes % 2 ** 32))
    }
    if (this.#state === 'AUTHORIZING') this.#flow()
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      const known = error instanceof ProtocolError
      if (!known) this.#options.log.error({ err: error }, 'an RTMP message could not be handled')
      this.close('PROTOCOL_ERROR', known ? error.message : 'a message could not be handled')
    }
  }

  #flow(): void {
    if (this.#state === 'CLOSED') return
    const authorizing = this.#state === 'AUTHORIZING'
    if (this.#paused || authorizing) this.#reader.hold()
    else this.#guard(() => this.#reader.release())
    if (this.#paused || (authorizing && this.#reader.bufferedBytes > MAX_HELD_BYTES)) this.#socket.pause()
    else this.#socket.resume()
  }

  #receive(message: RtmpMessage): void {
    const { type, payload } = message
    switch (type) {
      case MessageType.AUDIO:
        this.#media('audio', message.timestamp, payload)
        break
      case MessageType.VIDEO:
        this.#media('video', message.timestamp, payload)
        break
      case MessageType.DATA_AMF0:
      case MessageType.DATA_AMF3:
        this.#data(message)
        break
      case MessageType.COMMAND_AMF0:
      case MessageType.COMMAND_AMF3:
        this.#dialogue.handle(message)
        break
      case MessageType.AGGREGATE:
        for (const part of splitAggregate(message)) if (part.type !== MessageType.AGGREGATE && !this.closed) this.#receive(part)
        break
      case MessageType.WINDOW_ACK_SIZE:
        if (payload.length >= 4) this.#ackWindowBytes = Math.min(WINDOW_BYTES, Math.max(MIN_ACK_WINDOW_BYTES, payload.readUInt32BE(0)))
        break
      case MessageType.USER_CONTROL:
        if (payload.length >= 6 && payload.readUInt16BE(0) === UserControl.PING_REQUEST)
          this.#send(userControlMessage(UserControl.PING_RESPONSE, payload.readUInt32BE(2)))
    }
  }

  #media(type: MediaKind, timestamp: number, payload: Buffer): void {
    if (this.#state !== 'PUBLISHING' || payload.length === 0) return
    this.events.emit('media', { type, timestampMs: this.#time.at(type, timestamp), payload })
  }

  #data(message: RtmpMessage): void {
    if (this.#state !== 'PUBLISHING') return
    const payload = dataPayload(message)
    // Some encoders repeat the same metadata many times a second.
    if (!this.#lastMetadata?.equals(payload)) {
      const metadata = readMetadata(payload)
      if (metadata) {
        this.#lastMetadata = payload
        this.events.emit('metadata', metadata)
      }
    }
    this.#media('data', message.timestamp, payload)
  }

  async #authorize(request: PublishRequest, streamId: number): Promise<void> {
    this.#state = 'AUTHORIZING'
    this.#reader.hold()
    try {
      await this.#options.authorize(request, this.#abort.signal)
    } catch (error) {
      this.#refuse(streamId, error)
      return
    }
    if (this.closed) return
    this.#state = 'PUBLISHING'
    this.#publishedId = streamId
    clearTimeout(this.#openTimer)
    this.#watch(this.#options.idleTimeoutMs ?? 15_000)
    this.#dialogue.accept(streamId)
    this.#guard(() => this.events.emit('publishing', request))
    this.#flow()
  }

  #refuse(streamId: number, error: unknown): void {
    if (this.closed) return
    const known = error instanceof MediaError
    if (!known) this.#options.log.error({ err: error }, 'a publisher could not be authorised')
    const code = !known ? 'Failed' : error.class === 'conflict' ? 'BadName' : 'Denied'
    this.#dialogue.status(streamId, 'error', `NetStream.Publish.${code}`, known ? error.message : 'The server could not take the stream.')
    this.close('REFUSED', known ? error.code : 'INTERNAL')
  }

  #watch(idleTimeoutMs: number): void {
    const everyMs = idleTimeoutMs / 5
    let seenBytes = this.#receivedBytes
    let silentMs = 0
    this.#idleTimer = setInterval(() => {
      silentMs = this.#paused || this.#receivedBytes !== seenBytes ? 0 : silentMs + everyMs
      seenBytes = this.#receivedBytes
      if (silentMs >= idleTimeoutMs) this.close('IDLE', `sent nothing for ${silentMs} ms`)
      else if (silentMs > 0) this.#send(userControlMessage(UserControl.PING_REQUEST, Math.trunc(performance.now()) % 2 ** 32))
    }, everyMs)
  }

  #send(message: RtmpMessage): void {
    if (!this.#socket.writable) return
    const control = message.type < MessageType.AUDIO
    this.#socket.cork()
    for (const part of this.#writer.write(message, control ? CONTROL_CHUNK_STREAM : COMMAND_CHUNK_STREAM)) this.#socket.write(part)
    this.#socket.uncork()
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.close('PROTOCOL_ERROR', 'does not read what it asks for')
  }
}

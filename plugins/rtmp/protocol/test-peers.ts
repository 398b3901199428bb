import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Log } from '../../../core/kernel/log.ts'
import type { AmfValue } from './amf0.ts'
import { ChunkReader } from './chunk-reader.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { RtmpConnection } from './connection.ts'
import type { CloseReason, RtmpConnectionOptions } from './connection-types.ts'
import type { MediaMessage } from './flv.ts'
import { type Command, commandMessage, MessageType, type RtmpMessage, readCommand } from './message.ts'
import type { StreamMetadata } from './metadata.ts'
import type { PublishRequest } from './publish-request.ts'

/** Both ends of RTMP for tests: a server that keeps what it was sent, and an encoder that can misbehave. */

const quiet: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => quiet }

/** Everything that one connection said. */
export interface Received {
  connection: RtmpConnection
  requests: PublishRequest[]
  media: MediaMessage[]
  metadata: StreamMetadata[]
  closed: Promise<{ reason: CloseReason; detail: string }>
}

export function receive(socket: Duplex, options: Partial<RtmpConnectionOptions> = {}): Received {
  const connection = new RtmpConnection(socket, { authorize: async () => {}, log: quiet, ...options })
  const closed = once(connection.events, 'closed').then(([reason, detail]) => ({ reason, detail }))
  const received: Received = { connection, requests: [], media: [], metadata: [], closed }
  connection.events.on('publishing', (request) => received.requests.push(request))
  connection.events.on('media', (message) => received.media.push(message))
  connection.events.on('metadata', (metadata) => received.metadata.push(metadata))
  return received
}

export interface TestServer extends AsyncDisposable {
  port: number
  /** The next connection that nobody has asked for yet. */
  next(): Promise<Received>
}

export async function startServer(options: Partial<RtmpConnectionOptions> = {}): Promise<TestServer> {
  const accepted: Received[] = []
  const all: Received[] = []
  const waiting: ((received: Received) => void)[] = []
  const server = createServer((socket) => {
    const received = receive(socket, options)
    all.push(received)
    const waiter = waiting.shift()
    if (waiter) waiter(received)
    else accepted.push(received)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    next: () => {
      const ready = accepted.shift()
      return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve))
    },
    async [Symbol.asyncDispose]() {
      for (const { connection } of all) connection.close()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The first bytes of a plain client: C0, C1 and C2, all at once. */
export function clientHandshake(): Buffer {
  const bytes = Buffer.alloc(1 + 2 * 1536, 7)
  bytes[0] = 3
  bytes.fill(0, 1, 9)
  return bytes
}

/** Bytes of an encoder from the handshake to its first frame, without waiting for any answer. */
export function wholeSession(): Buffer {
  const writer = new ChunkWriter()
  const media = (type: number, timestamp: number, payload: Buffer) => writer.write({ type, streamId: 1, timestamp, payload }, 6)
  const command = (streamId: number, name: string, id: number, ...values: AmfValue[]) =>
    writer.write(commandMessage(streamId, name, id, ...values), 3)
  return Buffer.concat([
    clientHandshake(),
    ...command(0, 'connect', 1, { app: 'live', tcUrl: 'rtmp://127.0.0.1/live', flashVer: 'test', fourCcList: ['avc1'] }),
    ...command(0, 'releaseStream', 2, null, 'key'),
    ...command(0, 'FCPublish', 3, null, 'key'),
    ...command(0, 'createStream', 4, null),
    ...command(1, 'publish', 5, null, 'key?a=b', 'live'),
    ...media(MessageType.DATA_AMF0, 0, commandMessage(0, '@setDataFrame', 0).payload),
    ...media(MessageType.VIDEO, 0, Buffer.from('17000000000142c01effe1', 'hex')),
    ...media(MessageType.VIDEO, 0, Buffer.alloc(300, 0x17)),
    ...media(MessageType.AUDIO, 20, Buffer.alloc(200, 0xaf)),
    ...media(MessageType.AGGREGATE, 40, Buffer.alloc(64)),
    ...command(1, 'deleteStream', 6, null, 1),
  ])
}

/** An encoder made of our own parts, for what real ones do not do. */
export class TestEncoder implements Disposable {
  readonly socket: Duplex
  readonly writer = new ChunkWriter()
  readonly ended: Promise<unknown>
  readonly #reader = new ChunkReader((message) => this.#take(message))
  readonly #messages: RtmpMessage[] = []
  #wake = () => {}
  #toSkip = 1 + 2 * 1536

  constructor(socket: Duplex) {
    this.socket = socket
    this.ended = once(socket, 'close')
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(this.#toSkip, bytes.length)
      this.#toSkip -= skipped
      if (skipped < bytes.length) this.#reader.push(bytes.subarray(skipped))
    })
  }

  static async connect(port: number): Promise<TestEncoder> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new TestEncoder(socket)
  }

  /** Goes as far as sending `publish`. */
  static async publishing(port: number, name: string): Promise<TestEncoder> {
    const encoder = await TestEncoder.connect(port)
    await encoder.open()
    encoder.command(1, 'publish', 5, null, name, 'live')
    return encoder
  }

  /** Goes as far as the answer to `publish`. */
  static async publish(port: number, name = 'key'): Promise<TestEncoder> {
    const encoder = await TestEncoder.publishing(port, name)
    await encoder.answer('onStatus')
    return encoder
  }

  async open(connectObject: AmfValue = { app: 'live', tcUrl: 'rtmp://127.0.0.1/live' }): Promise<Command> {
    this.socket.write(clientHandshake())
    this.command(0, 'connect', 1, connectObject)
    const answer = await this.answer('_result')
    this.command(0, 'createStream', 4, null)
    await this.answer('_result')
    return answer
  }

  command(streamId: number, name: string, transactionId: number, ...values: AmfValue[]): void {
    this.send(commandMessage(streamId, name, transactionId, ...values))
  }

  media(type: number, timestamp: number, payload: Buffer): void {
    this.send({ type, streamId: 1, timestamp, payload }, 6)
  }

  send(message: RtmpMessage, chunkStreamId = 3): void {
    this.socket.write(Buffer.concat(this.writer.write(message, chunkStreamId)))
  }

  /** The next command of this name; everything before it is dropped. */
  async answer(name: string): Promise<Command> {
    for (;;) {
      const message = await this.message(MessageType.COMMAND_AMF0)
      const command = readCommand(message)
      if (command.name === name) return command
    }
  }

  /** The next message of this type; everything before it is dropped. */
  async message(type: number): Promise<RtmpMessage> {
    for (;;) {
      for (let message = this.#messages.shift(); message; message = this.#messages.shift()) if (message.type === type) return message
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #take(message: RtmpMessage): void {
    this.#messages.push(message)
    this.#wake()
  }
}

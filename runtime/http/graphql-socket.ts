import type { Duplex } from 'node:stream'
import type { ExecutionResult } from 'graphql'
import type { WebSocket } from 'ws'
import { Feed } from '../../core/kernel/feed.ts'
import type { Joined, SharedMessage, Subscriber } from './shared-subscriptions.ts'

/**
 * One GraphQL WebSocket. Beside what graphql-ws sends, it carries the messages of shared subscriptions as frames made here:
 * wrapping a result that is bytes already costs a fraction of sending it as an object.
 *
 * Nothing is buffered for a client that does not read: once the stream's own buffer (64 KiB) is full, each subscription
 * keeps only its latest message until the buffer has drained.
 */
export class GraphqlSocket {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #behind = new Set<LiveSubscription>()
  /** Whether the client has answered the last ping. */
  alive = true

  /** @param stream The connection under the socket, to which whole frames may be written between those of `ws`. */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket
    this.#stream = stream
    socket.on('pong', () => {
      this.alive = true
    })
    stream.on('drain', () => this.#catchUp())
  }

  /** Resolves once the message has left for the kernel, so that whoever awaits it keeps the client's pace. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => {
      // A failed send means a closed socket, which ends its subscriptions by itself.
      this.#socket.send(text, () => resolve())
    })
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  /** Asks for a sign of life, or cuts a client that gave none since the last time. */
  checkAlive(): void {
    if (this.alive) this.#socket.ping()
    else this.#socket.terminate()
    this.alive = false
  }

  /**
   * Subscribes this client to a shared subscription.
   *
   * @returns What graphql-ws is given in place of the results: nothing comes out of it until the subscription is over, and
   *   returning it leaves the subscription.
   */
  async follow(
    id: string,
    join: (subscriber: Subscriber) => Promise<Joined>,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    let joined: Joined | undefined
    const silent = new Feed<ExecutionResult>({
      onEnd: () => {
        subscription.stop()
        if (joined && 'leave' in joined) joined.leave()
      },
    })
    const subscription = new LiveSubscription(id, this, () => silent.end())
    joined = await join(subscription)
    return 'refused' in joined ? joined.refused : silent
  }

  get isBehind(): boolean {
    return this.#stream.writableNeedDrain
  }

  wait(subscription: LiveSubscription): void {
    this.#behind.add(subscription)
  }

  forget(subscription: LiveSubscription): void {
    this.#behind.delete(subscription)
  }

  write(frame: Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#stream.write(frame)
  }

  #catchUp(): void {
    for (const subscription of this.#behind) {
      if (this.isBehind) return
      this.#behind.delete(subscription)
      subscription.catchUp()
    }
  }
}

/** One client's place in a shared subscription. */
class LiveSubscription implements Subscriber {
  readonly #prefix: Buffer
  readonly #socket: GraphqlSocket
  readonly #onEnd: () => void
  #waiting: SharedMessage | undefined
  #stopped = false

  constructor(id: string, socket: GraphqlSocket, onEnd: () => void) {
    this.#prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
    this.#socket = socket
    this.#onEnd = onEnd
  }

  next(message: SharedMessage): void {
    if (this.#stopped) return
    if (this.#socket.isBehind) {
      this.#waiting = message
      this.#socket.wait(this)
    } else this.#socket.write(nextFrame(this.#prefix, message.json))
  }

  /** The last message is sent even to a client that is behind: `complete` must not overtake it. */
  end(): void {
    this.catchUp()
    this.#onEnd()
  }

  catchUp(): void {
    const message = this.#waiting
    this.#waiting = undefined
    if (message && !this.#stopped) this.#socket.write(nextFrame(this.#prefix, message.json))
  }

  stop(): void {
    this.#stopped = true
    this.#waiting = undefined
    this.#socket.forget(this)
  }
}

const CLOSING_BRACE = 0x7d

/** A final, unmasked text frame around `{"id":…,"type":"next","payload":…}`. @see RFC 6455 section 5.2 */
function nextFrame(prefix: Buffer, json: Buffer): Buffer {
  const length = prefix.length + json.length + 1
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerLength + length)
  frame[0] = 0x81
  if (headerLength === 2) frame[1] = length
  else if (headerLength === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.set(prefix, headerLength)
  frame.set(json, headerLength + prefix.length)
  frame[headerLength + length - 1] = CLOSING_BRACE
  return frame
}

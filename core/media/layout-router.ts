import type { types } from 'mediasoup'
import type { MediaWorker } from './media-worker.ts'
import { carries, type PayloadLayout } from './sdp/layout.ts'

/** Received on loopback, so a keyframe's burst must fit the socket's buffer. */
const PIPE_BUFFER_BYTES = 4 << 20

/**
 * A router whose payload types are those that a family of viewers asked for. Tracks are piped into it from the room's
 * main router when the first of its viewers wants them.
 */
export class LayoutRouter {
  readonly worker: MediaWorker
  readonly ready: Promise<this>
  readonly #layout: PayloadLayout
  readonly #mainRouter: () => types.Router
  readonly #piped = new Map<string, Promise<types.Producer>>()
  #router!: types.Router
  #closed = false
  viewers = 0

  constructor(worker: MediaWorker, mainRouter: () => types.Router, layout: PayloadLayout) {
    this.worker = worker
    this.#mainRouter = mainRouter
    this.#layout = layout
    this.ready = this.#create()
    this.ready.catch(() => this.close())
  }

  get router(): types.Router {
    return this.#router
  }

  get closed(): boolean {
    return this.#closed || this.#router?.closed === true
  }

  /** Whether its viewers can play this. */
  carries({ rtpParameters }: types.Producer): boolean {
    const [codec] = rtpParameters.codecs
    return codec !== undefined && carries(this.#layout, codec)
  }

  /** The twin, in this router, of a producer in the main one. */
  producerOf(original: types.Producer): Promise<types.Producer> {
    let piped = this.#piped.get(original.id)
    if (!piped) {
      piped = this.#pipe(original)
      this.#piped.set(original.id, piped)
      piped.catch(() => this.#piped.delete(original.id))
      original.observer.once('close', () => this.#piped.delete(original.id))
    }
    return piped
  }

  viewerJoined(): void {
    this.viewers++
    this.worker.load++
  }

  viewerLeft(): void {
    this.viewers--
    this.worker.load--
  }

  close(): void {
    this.#closed = true
    this.#router?.close()
  }

  async #create(): Promise<this> {
    this.#router = await this.worker.worker.createRouter({ mediaCodecs: [...this.#layout.mediaCodecs] })
    return this
  }

  async #pipe(original: types.Producer): Promise<types.Producer> {
    const { pipeProducer } = await this.#mainRouter().pipeToRouter({
      producerId: original.id,
      router: this.#router,
      // Two producers with one id can't live in one worker.
      keepId: false,
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', recvBufferSize: PIPE_BUFFER_BYTES, sendBufferSize: PIPE_BUFFER_BYTES },
    })
    return pipeProducer as types.Producer
  }
}

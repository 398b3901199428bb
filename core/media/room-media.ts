import { EventEmitter } from 'node:events'
import type { types } from 'mediasoup'
import { roomCodecs } from './codecs.ts'
import { LayoutRouter } from './layout-router.ts'
import type { MediaWorker } from './media-worker.ts'
import type { MediaWorkers } from './media-workers.ts'
import type { PayloadLayout } from './sdp/layout.ts'

/** Viewers one router carries before the next one for the same layout is made on an idler media worker. */
const VIEWERS_PER_ROUTER = 150

/**
 * The routers of one room: the main one, where everything is published, and one for each payload layout that viewers
 * asked for, because a viewer who makes the offer also decides the payload types.
 */
export class RoomMedia {
  /** `remade`: the main router is a new one; who sends plain RTP has to produce again. */
  readonly events = new EventEmitter<{ remade: [] }>().setMaxListeners(0)
  /** What every viewer of the room does when its tracks change. */
  readonly watchers = new Set<() => Promise<void>>()
  readonly #workers: MediaWorkers
  readonly #layouts = new Map<string, LayoutRouter[]>()
  #main: types.Router
  #worker: MediaWorker

  static async create(workers: MediaWorkers): Promise<RoomMedia> {
    const worker = workers.pick()
    return new RoomMedia(workers, worker, await createMain(worker))
  }

  private constructor(workers: MediaWorkers, worker: MediaWorker, main: types.Router) {
    this.#workers = workers
    this.#worker = worker
    this.#main = main
  }

  get main(): types.Router {
    return this.#main
  }

  get worker(): MediaWorker {
    return this.#worker
  }

  /** The router that serves one more viewer with this layout, made when there is none with a place left. */
  async routerFor(layout: PayloadLayout): Promise<LayoutRouter> {
    const routers = (this.#layouts.get(layout.key) ?? []).filter(({ closed }) => !closed)
    const open = routers.find(({ viewers }) => viewers < VIEWERS_PER_ROUTER) ?? this.#unlessIdlerWorker(routers)
    if (open) return open.ready

    const worker = routers.length === 0 ? this.#worker : this.#workers.pick()
    const router = new LayoutRouter(worker, () => this.#main, layout)
    this.#layouts.set(layout.key, [...routers, router])
    return router.ready
  }

  /** Moves to another worker after this one died. What was on it is gone; its owners publish again. */
  async remake(): Promise<void> {
    this.#main.close()
    this.#worker.load--
    const worker = this.#workers.pick()
    this.#main = await createMain(worker)
    this.#worker = worker
    this.events.emit('remade')
  }

  close(): void {
    for (const router of [...this.#layouts.values()].flat()) router.close()
    this.#main.close()
    this.#worker.load--
  }

  #unlessIdlerWorker(routers: LayoutRouter[]): LayoutRouter | undefined {
    const [fewest] = [...routers].sort((a, b) => a.viewers - b.viewers)
    if (!fewest || this.#workers.pick().load < fewest.worker.load - VIEWERS_PER_ROUTER) return undefined
    return fewest
  }
}

async function createMain(worker: MediaWorker): Promise<types.Router> {
  const router = await worker.worker.createRouter({ mediaCodecs: [...roomCodecs] })
  worker.load++
  return router
}

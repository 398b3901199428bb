import { MediaError } from '../../core/kernel/errors.ts'
import { Feed } from '../../core/kernel/feed.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { IngressInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import type { PullConfig } from './config.ts'
import { Pull } from './pull.ts'
import type { PullSample } from './sample.ts'

const SAMPLE_INTERVAL_MS = 1_000

export type PullsOptions = { host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>; config: PullConfig; reports: SenderReports }

/** Everything that is pulled, one pull for each ingress that has a source. */
export class Pulls {
  readonly #options: PullsOptions
  readonly #byIngress = new Map<string, Pull>()
  readonly #watchers = new Set<{ feed: Feed<PullSample>; app: string }>()
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS)

  constructor(options: PullsOptions) {
    this.#options = options
  }

  /** Begins to pull; does nothing when it does so already. */
  add(ingress: IngressInfo): void {
    if (this.#byIngress.has(ingress.id)) return
    const pull = new Pull({ ...this.#options, ingress, onIdle: () => queueMicrotask(() => this.#startWaiting()) })
    this.#byIngress.set(ingress.id, pull)
    this.#startOrWait(pull)
  }

  remove(ingressId: string): void {
    const pull = this.#byIngress.get(ingressId)
    if (!this.#byIngress.delete(ingressId)) return
    pull?.close()
    this.#startWaiting()
  }

  list(app: string): Pull[] {
    return [...this.#byIngress.values()].filter(({ ingress }) => ingress.app === app)
  }

  of(ingressId: string): Pull | undefined {
    return this.#byIngress.get(ingressId)
  }

  ofParticipant(participantId: string): Pull | undefined {
    return [...this.#byIngress.values()].find(({ publication }) => publication.participantId === participantId)
  }

  left(participantId: string, reason: CloseReason): void {
    this.ofParticipant(participantId)?.left(participantId, reason)
  }

  /** @throws {MediaError} `INGRESS_NOT_FOUND` */
  restart(app: string, ingressId: string): Pull {
    const pull = this.#byIngress.get(ingressId)
    if (pull?.ingress.app !== app) throw new MediaError('INGRESS_NOT_FOUND', { id: ingressId })
    if (pull.isActive) pull.start()
    else this.#startOrWait(pull)
    return pull
  }

  /** Those that gave up or were refused because of what the app said then. */
  retry(app: string): void {
    for (const pull of this.list(app)) if (pull.sample.state === 'FAILED') this.#startOrWait(pull)
  }

  /** Every pull of an app as it is, then each once a second. A slow watcher misses all but the latest of each. */
  watch(app: string): Feed<PullSample> {
    const feed = new Feed<PullSample>({ keyOf: ({ id }) => id, onEnd: () => this.#watchers.delete(watcher) })
    const watcher = { feed, app }
    this.#watchers.add(watcher)
    for (const { sample } of this.list(app)) feed.push(sample)
    return feed
  }

  close(): void {
    clearInterval(this.#timer)
    for (const pull of this.#byIngress.values()) pull.close()
    for (const { feed } of this.#watchers) feed.end()
  }

  #startOrWait(pull: Pull): void {
    const { maxPulls } = this.#options.config
    const active = [...this.#byIngress.values()].filter(({ isActive }) => isActive).length
    if (active < maxPulls) pull.start()
    else pull.wait(`${maxPulls} sources are pulled already, which is the limit of this server`)
  }

  #startWaiting(): void {
    for (const pull of this.#byIngress.values()) if (pull.sample.state === 'WAITING') this.#startOrWait(pull)
  }

  #sample(): void {
    for (const pull of this.#byIngress.values()) {
      pull.tick()
      for (const { feed, app } of this.#watchers) if (pull.ingress.app === app) feed.push(pull.sample)
    }
  }
}

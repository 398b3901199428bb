import { randomUUID } from 'node:crypto'
import type { App } from '../../core/app/app.ts'
import type { Core } from '../../core/core.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Feed } from '../../core/kernel/feed.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { CallbackDelivery, CallbacksService } from '../../schema/callback-service.ts'
import { tellCoreEvents } from './events.ts'
import { CallbackQueue } from './queue.ts'
import { type Message, Sender } from './sender.ts'
import { WAITS, type Waits } from './waits.ts'

export type CallbacksOptions = {
  core: Pick<Core, 'apps' | 'events' | 'ingresses' | 'outbound'>
  log: Log
  waits?: Waits
  timeoutMs?: number
  /** Callbacks of one app that may wait. */
  limit?: number
}

/** Tells each app's receiver what happens, in order, and whoever makes it happen waits for nothing. */
export class Callbacks implements CallbacksService {
  readonly #options: CallbacksOptions
  readonly #sender: Sender
  readonly #queues = new Map<App, CallbackQueue>()
  #closed = false

  /** Goes on with what an earlier run of the server did not get to tell. */
  static start(options: CallbacksOptions): Callbacks {
    const callbacks = new Callbacks(options)
    const { apps, events } = options.core
    for (const app of apps.list()) if (app.config.callbacks.url !== '') callbacks.#queue(app)
    events.on('app.changed', (app, change) => {
      if (change === 'DELETED') callbacks.#abandon(app)
      else if (app.config.callbacks.url === '') callbacks.#empty(app)
    })
    tellCoreEvents(options.core, callbacks.tell)
    return callbacks
  }

  private constructor(options: CallbacksOptions) {
    this.#options = options
    this.#sender = new Sender(options.core.outbound, options.timeoutMs)
  }

  /** Queues one event, unless nobody wants to hear of the app. Never fails, and returns at once. */
  readonly tell = (app: App, event: string, data: Readonly<Record<string, unknown>>): void => {
    if (this.#closed || app.config.callbacks.url === '') return
    this.#queue(app).push(messageOf(app, event, data))
  }

  counts(app: App): { pending: number; dropped: number } {
    return this.#queues.get(app)?.counts ?? { pending: 0, dropped: 0 }
  }

  deliveries(app: App): CallbackDelivery[] {
    return this.#queues.get(app)?.recent.list() ?? []
  }

  watch(app: App): Feed<CallbackDelivery> {
    return this.#queue(app).recent.watch()
  }

  async redeliver(app: App, id: string): Promise<CallbackDelivery> {
    requireReceiver(app)
    return this.#queue(app).redeliver(id)
  }

  test(app: App): CallbackDelivery {
    requireReceiver(app)
    return this.#queue(app).push(messageOf(app, 'callback_test', { app: app.name }))
  }

  /** Stops delivering; what was not delivered yet is kept for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()))
    this.#sender.close()
  }

  #queue(app: App): CallbackQueue {
    const known = this.#queues.get(app)
    if (known) return known
    const { log, waits = WAITS, limit } = this.#options
    const queue = new CallbackQueue({ app, sender: this.#sender, waits, log, ...(limit !== undefined && { limit }) })
    this.#queues.set(app, queue)
    return queue
  }

  #empty(app: App): void {
    this.#queues
      .get(app)
      ?.clear()
      .catch((error: unknown) => this.#options.log.error({ err: error, app: app.name }, 'callbacks could not be forgotten'))
  }

  #abandon(app: App): void {
    this.#queues.get(app)?.abandon()
    this.#queues.delete(app)
  }
}

function messageOf(app: App, event: string, data: Readonly<Record<string, unknown>>): Message {
  const id = randomUUID()
  const ts = new Date().toISOString()
  const room = typeof data.room === 'string' ? data.room : null
  return { id, event, body: JSON.stringify({ id, event, app: app.name, room, ts, timestamp: ts, data }) }
}

function requireReceiver(app: App): void {
  if (app.config.callbacks.url === '') throw new MediaError('CONFLICT', { app: app.name, reason: 'it has no callback URL' })
}

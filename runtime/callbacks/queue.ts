import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '../../core/app/app.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { CallbackDelivery } from '../../schema/callback-service.ts'
import { Journal, type KeptMessage } from './journal.ts'
import { RecentDeliveries } from './recent.ts'
import type { Message, Outcome, Sender } from './sender.ts'
import type { Waits } from './waits.ts'

export type QueueOptions = { app: App; sender: Sender; waits: Waits; log: Log; limit?: number }

/** Milliseconds until a database that failed is tried again. */
const STORE_RETRY_MS = 1_000
/** The longest that a timer can wait. */
const MOST_MS = 2 ** 31 - 1

/** Tells one app's receiver what happened, one thing after another, until it has taken it or the attempts are used up. */
export class CallbackQueue {
  readonly recent = new RecentDeliveries()
  readonly #options: QueueOptions
  readonly #abort = new AbortController()
  readonly #journal: Journal
  readonly #running: Promise<void>
  #wake: (() => void) | undefined
  #isFailing = false
  #toldDropped = 0

  constructor(options: QueueOptions) {
    this.#options = options
    this.#journal = new Journal(options.app, options.limit)
    this.#running = this.#run()
  }

  get counts(): { pending: number; dropped: number } {
    const { pending, dropped } = this.#journal
    return { pending, dropped }
  }

  /** Returns at once: nobody waits for a receiver. */
  push(message: Message): CallbackDelivery {
    const delivery = this.recent.note(message, { state: 'PENDING', attempts: 0, nextAttemptAt: undefined })
    this.#journal.add(message)
    this.#wake?.()
    return delivery
  }

  /** @throws {MediaError} `NOT_FOUND`, also for one that is too long ago. */
  async redeliver(id: string): Promise<CallbackDelivery> {
    const waiting = await this.#journal.hasten(id)
    if (waiting) {
      this.#wake?.()
      return this.recent.note(waiting, { state: 'PENDING', nextAttemptAt: undefined })
    }
    const known = this.recent.find(id)
    if (!known) throw new MediaError('NOT_FOUND', { id })
    return this.push(known.message)
  }

  /** Forgets everything that waits. */
  clear(): Promise<void> {
    return this.#journal.clear()
  }

  /** Ends at once; what was not delivered waits in the database. */
  async close(): Promise<void> {
    this.#end()
    await this.#running
    await this.#journal.flush()
  }

  /** Ends together with its app. */
  abandon(): void {
    this.#end()
    this.#journal.close()
  }

  #end(): void {
    this.#abort.abort()
    this.#wake?.()
    this.recent.end()
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      try {
        await this.#deliverDue()
      } catch (error) {
        if (signal.aborted) return
        this.#options.log.error({ err: error, app: this.#options.app.name }, 'callbacks can not be kept')
        await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async #deliverDue(): Promise<void> {
    const pushed = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await this.#journal.flush()
    this.#tellDropped()
    const due = await this.#journal.due()
    for (const message of due) {
      if (this.#abort.signal.aborted) return
      if (this.#options.app.config.callbacks.url === '') return this.#journal.clear()
      await this.#deliver(message)
    }
    if (due.length === 0) await this.#pause(pushed, await this.#journal.nextDueAt())
  }

  /** Waits for the next message, or for the time of one that is kept. */
  async #pause(pushed: Promise<void>, until: Date | undefined): Promise<void> {
    if (this.#abort.signal.aborted) return
    if (!until) return pushed
    const timer = new AbortController()
    const waitMs = Math.min(Math.max(until.getTime() - Date.now(), 1), MOST_MS)
    await Promise.race([pushed, delay(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)])
    timer.abort()
  }

  async #deliver(message: KeptMessage): Promise<void> {
    const { app, sender, waits } = this.#options
    const { signal } = this.#abort
    const quickMs = message.attempts === 0 ? waits.quickMs : []
    for (let tries = 0; ; tries++) {
      const outcome = await sender.attempt(message, { url: app.config.callbacks.url, secret: app.callbackSecret }, signal)
      if (signal.aborted && !outcome.delivered) return
      this.#tellReceiver(outcome, message)
      const attempts = message.attempts + tries + 1
      const waitMs = quickMs[tries]
      if (outcome.delivered || !outcome.retry || waitMs === undefined) return this.#settle(message, attempts, outcome)
      this.#note(message, 'RETRYING', attempts, outcome, waitMs)
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  /** What the quick attempts did not bring about is tried again later, or never. */
  async #settle(message: KeptMessage, attempts: number, outcome: Outcome): Promise<void> {
    const { quickMs, laterMs } = this.#options.waits
    const waitMs = outcome.retry ? laterMs[attempts - quickMs.length - 1] : undefined
    if (waitMs === undefined) this.#journal.remove(message.number)
    else await this.#journal.defer(message.number, { attempts, dueAt: new Date(Date.now() + waitMs), error: outcome.error ?? '' })
    this.#note(message, outcome.delivered ? 'DELIVERED' : waitMs === undefined ? 'FAILED' : 'RETRYING', attempts, outcome, waitMs)
  }

  #note(message: Message, state: CallbackDelivery['state'], attempts: number, outcome: Outcome, waitMs: number | undefined): void {
    const { status, error, durationMs } = outcome
    const nextAttemptAt = waitMs === undefined ? undefined : new Date(Date.now() + waitMs)
    this.recent.note(message, { state, attempts, status, error, durationMs, nextAttemptAt })
  }

  /** Once when a receiver begins to fail, and once when it is back: an app may have thousands of events. */
  #tellReceiver({ delivered, error }: Outcome, { id, event }: Message): void {
    if (delivered === !this.#isFailing) return
    this.#isFailing = !delivered
    const { app, log } = this.#options
    if (delivered) log.info({ app: app.name, event, delivery: id }, 'the receiver takes callbacks again')
    else log.warn({ app: app.name, event, delivery: id, reason: error }, 'the receiver does not take callbacks')
  }

  #tellDropped(): void {
    const { dropped } = this.#journal
    const lost = dropped - this.#toldDropped
    if (lost > 0) this.#options.log.warn({ app: this.#options.app.name, lost }, 'too many callbacks waited; the oldest are lost')
    this.#toldDropped = dropped
  }
}

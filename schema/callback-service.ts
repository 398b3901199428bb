import type { App } from '../core/app/app.ts'
import type { Feed } from '../core/kernel/feed.ts'

export type CallbackState = 'PENDING' | 'RETRYING' | 'DELIVERED' | 'FAILED'

/** One event as an app's receiver was told it, or will be. */
export type CallbackDelivery = {
  readonly id: string
  readonly event: string
  readonly room: string | undefined
  readonly createdAt: Date
  readonly state: CallbackState
  readonly attempts: number
  /** What the receiver answered last. */
  readonly status: number | undefined
  /** Why the last attempt failed. */
  readonly error: string | undefined
  /** How long the last attempt took. */
  readonly durationMs: number | undefined
  readonly nextAttemptAt: Date | undefined
}

/** What the API can do with callbacks. */
export interface CallbacksService {
  /** How many wait, and how many were dropped because too many waited. */
  counts(app: App): { readonly pending: number; readonly dropped: number }
  /** The last 200 since the server started, oldest first. */
  deliveries(app: App): readonly CallbackDelivery[]
  /** The same, then each change of one. */
  watch(app: App): Feed<CallbackDelivery>
  /** Tells one again, with the same id and body; one that waits, now. @throws {MediaError} `NOT_FOUND` or `CONFLICT` */
  redeliver(app: App, id: string): Promise<CallbackDelivery>
  /** @throws {MediaError} `CONFLICT` when the app has no callback URL. */
  test(app: App): CallbackDelivery
}

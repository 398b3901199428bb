import { Feed } from '../../core/kernel/feed.ts'
import type { CallbackDelivery } from '../../schema/callback-service.ts'
import type { Message } from './sender.ts'

const KEPT = 200

type Change = Partial<Pick<CallbackDelivery, 'state' | 'attempts' | 'status' | 'error' | 'durationMs' | 'nextAttemptAt'>>

/** The last deliveries of one app, for whoever looks into them. */
export class RecentDeliveries {
  readonly #byId = new Map<string, { delivery: CallbackDelivery; message: Message }>()
  readonly #watchers = new Set<Feed<CallbackDelivery>>()

  list(): CallbackDelivery[] {
    return [...this.#byId.values()].map(({ delivery }) => delivery)
  }

  find(id: string): { delivery: CallbackDelivery; message: Message } | undefined {
    return this.#byId.get(id)
  }

  /** Says what is known now of a delivery; the first word about one adds it. */
  note({ id, event, body }: Message, change: Change): CallbackDelivery {
    const before = this.#byId.get(id)?.delivery ?? unheardOf({ id, event, body })
    const delivery = { ...before, ...change }
    this.#byId.set(id, { delivery, message: { id, event, body } })
    if (this.#byId.size > KEPT) this.#byId.delete(this.#byId.keys().next().value as string)
    for (const feed of this.#watchers) feed.push(delivery)
    return delivery
  }

  /** A slow reader gets the latest of each delivery. */
  watch(): Feed<CallbackDelivery> {
    const feed = new Feed<CallbackDelivery>({ keyOf: ({ id }) => id, onEnd: () => this.#watchers.delete(feed) })
    for (const delivery of this.list()) feed.push(delivery)
    this.#watchers.add(feed)
    return feed
  }

  end(): void {
    for (const feed of this.#watchers) feed.end()
  }
}

function unheardOf({ id, event, body }: Message): CallbackDelivery {
  const { room, ts } = JSON.parse(body) as { room: string | null; ts: string }
  const nothing = { status: undefined, error: undefined, durationMs: undefined, nextAttemptAt: undefined }
  return { id, event, room: room ?? undefined, createdAt: new Date(ts), state: 'PENDING', attempts: 0, ...nothing }
}

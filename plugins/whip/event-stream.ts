import { ReadableStream } from 'node:stream/web'
import { Feed } from '../../core/kernel/feed.ts'
import type { EventName } from './events.ts'

export type News = { event: EventName; data: unknown } | 'KEEPALIVE'

/** Milliseconds after which an EventSource that lost its connection tries again. */
const RETRY_MS = 1_000

/** One open event stream of a viewer. To a slow reader only the latest of each kind is told. */
export class EventStream {
  readonly viewerId: string
  readonly wanted: ReadonlySet<EventName>
  readonly #feed: Feed<News>

  constructor(viewerId: string, wanted: ReadonlySet<EventName>, onEnd: (stream: EventStream) => void) {
    this.viewerId = viewerId
    this.wanted = wanted
    this.#feed = new Feed({ keyOf: kindOf, onEnd: () => onEnd(this) })
  }

  tell(event: EventName, data: unknown): void {
    if (event === 'ended' || this.wanted.has(event)) this.#feed.push({ event, data })
  }

  keepAlive(): void {
    this.#feed.push('KEEPALIVE')
  }

  end(): void {
    this.#feed.end()
  }

  /** As `text/event-stream`. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
  bytes(): ReadableStream<Uint8Array> {
    return ReadableStream.from(encode(this.#feed))
  }
}

async function* encode(news: AsyncIterable<News>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(`retry: ${RETRY_MS}\n\n`)
  for await (const item of news) {
    yield encoder.encode(item === 'KEEPALIVE' ? ':\n\n' : `event: ${item.event}\ndata: ${JSON.stringify(item.data)}\n\n`)
  }
}

/** `active` and `inactive` say the opposite of the same thing, so the later one replaces the other. */
function kindOf(item: News): string {
  if (item === 'KEEPALIVE') return item
  return item.event === 'inactive' ? 'active' : item.event
}

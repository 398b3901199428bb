import type { Change, CoreEventMap, CoreEvents } from '../core/events/events.ts'
import { Feed } from '../core/kernel/feed.ts'

/** What happened to the thing that an event is about; `PRESENT` when it was there already. */
export type EventChange = 'PRESENT' | Change

type Listeners<T> = { [Topic in keyof CoreEventMap]?: (...args: CoreEventMap[Topic]) => T | undefined }

/**
 * The present state followed by what happens, for one subscriber. A slow one gets only the latest event about each thing.
 */
export function events<T>(
  source: CoreEvents,
  options: { present: () => Iterable<T>; on: Listeners<T>; keyOf: (event: T) => unknown },
): Feed<T> {
  const { present, on, keyOf } = options
  const undo: (() => void)[] = []
  const feed = new Feed<T>({
    keyOf,
    limit: 10_000,
    onEnd: () => {
      for (const off of undo) off()
    },
  })
  for (const [topic, toEvent] of Object.entries(on) as [keyof CoreEventMap, (...args: unknown[]) => T | undefined][]) {
    const listener = (...args: unknown[]) => {
      const event = toEvent(...args)
      if (event !== undefined) feed.push(event)
    }
    source.on(topic, listener as never)
    undo.push(() => source.off(topic, listener as never))
  }
  for (const event of present()) feed.push(event)
  return feed
}

import { setTimeout as wait } from 'node:timers/promises'
import { MediaError } from '../core/kernel/errors.ts'

const SHORTEST_INTERVAL_MS = 100

/**
 * A value read now and every `intervalMs`, for as long as somebody listens. The next reading waits for the listener, so a
 * slow one gets fewer.
 *
 * @throws {MediaError} `INPUT_INVALID` for an interval under 100 ms.
 */
export function sampled<T>(intervalMs: number | null | undefined, read: () => Promise<T>): AsyncIterableIterator<T> {
  const interval = intervalMs ?? 1_000
  if (interval < SHORTEST_INTERVAL_MS)
    throw new MediaError('INPUT_INVALID', { field: 'intervalMs', reason: `at least ${SHORTEST_INTERVAL_MS}` })
  const stop = new AbortController()
  const samples = (async function* () {
    try {
      while (!stop.signal.aborted) {
        yield await read()
        await wait(interval, undefined, { signal: stop.signal })
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
  })()
  return {
    next: () => samples.next(),
    // A generator that waits can't be returned from outside, so the wait is ended first.
    return: () => {
      stop.abort()
      return samples.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  } as AsyncIterableIterator<T>
}

/** How long to wait before a callback that was not taken is tried again, in milliseconds. */
export type Waits = {
  /** Between the first attempts. Meanwhile everything else the app has to tell waits too. */
  readonly quickMs: readonly number[]
  /** Between those after them. Meanwhile everything else goes on. When they are used up, the callback is given up. */
  readonly laterMs: readonly number[]
}

const FIRST_MS = 30_000
const LONGEST_MS = 3_600_000
const GIVE_UP_MS = 24 * 3_600_000

/** Three attempts as documented; then from half a minute, ever less often, up to every hour for a day. */
export const WAITS: Waits = { quickMs: [500, 1_000], laterMs: growing() }

function growing(): number[] {
  const waits: number[] = []
  for (let waitMs = FIRST_MS, totalMs = waitMs; totalMs <= GIVE_UP_MS; totalMs += waitMs) {
    waits.push(waitMs)
    waitMs = Math.min(waitMs * 2, LONGEST_MS)
  }
  return waits
}

/** Where the time of one session stands on the wall clock: a straight line, fixed by its first message. */
export class SessionClock {
  #startedAtMs: number | undefined

  /** Anchors the line, once. */
  start(sessionMs: number): void {
    this.#startedAtMs ??= wallClockMs() - sessionMs
  }

  /** Session time at this moment, in milliseconds. */
  get nowMs(): number {
    return this.#startedAtMs === undefined ? 0 : wallClockMs() - this.#startedAtMs
  }
}

/** Never goes back, unlike `Date.now`. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now()
}

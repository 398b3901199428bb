export type HeartbeatLimits = {
  /** Milliseconds between two questions. */
  everyMs: number
  /** Milliseconds without an answer after which somebody is stuck. */
  silentMs: number
}

export const HEARTBEAT: HeartbeatLimits = { everyMs: 500, silentMs: 1_500 }

/** Late questions in a row that are put down to the machine, before an answer that is missing counts after all. */
const MOST_LATE = 8

/**
 * Asks for a sign of life, one question at a time, and calls `onStuck` once when none comes.
 *
 * It counts its own questions rather than the time: when this thread was late itself the machine is busy, or we are, and the
 * answer may be waiting. So a late turn does not count, unless there are many in a row.
 *
 * @returns Stops asking.
 */
export function watchHeartbeat(
  ask: (signal: AbortSignal) => Promise<void>,
  { everyMs, silentMs }: HeartbeatLimits,
  onStuck: (silentMs: number) => void,
): () => void {
  const abort = new AbortController()
  const mostMissed = Math.ceil(silentMs / everyMs)
  let askedAt: number | undefined
  let missed = 0
  let late = 0
  let lastTurn = performance.now()

  const stop = () => {
    abort.abort()
    clearInterval(timer)
  }
  const turn = () => {
    const now = performance.now()
    const isLate = now - lastTurn > everyMs * 1.5
    lastTurn = now
    if (askedAt === undefined) {
      askedAt = now
      missed = late = 0
      // Who can't be asked any more has ended, which others notice.
      ask(abort.signal).then(
        () => {
          askedAt = undefined
        },
        () => stop(),
      )
      return
    }
    if (isLate && late < MOST_LATE) late++
    else missed++
    if (missed < mostMissed) return
    stop()
    onStuck(Math.round(now - askedAt))
  }
  const timer = setInterval(turn, everyMs)
  turn()
  return stop
}

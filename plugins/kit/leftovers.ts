import { setTimeout as wait } from 'node:timers/promises'

/** Handles close a few turns after they were told to. */
const CLOSING_MS = 250
const LOOK_EVERY_MS = 10

/** Remembers what is open in this thread. @returns Answers what has been opened since and is not closed, by Node's names. */
export function leftoverWatch(): () => Promise<string[]> {
  const before = process.getActiveResourcesInfo()
  return async () => {
    const deadline = performance.now() + CLOSING_MS
    for (;;) {
      const left = without(process.getActiveResourcesInfo(), before)
      if (left.length === 0 || performance.now() > deadline) return left
      await wait(LOOK_EVERY_MS, undefined, { ref: false })
    }
  }
}

function without(all: readonly string[], some: readonly string[]): string[] {
  const rest = [...all]
  for (const one of some) if (rest.includes(one)) rest.splice(rest.indexOf(one), 1)
  return rest
}

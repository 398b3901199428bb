/** A failure that the operator can do something about: `setup.mjs` prints the message alone, without a stack. */
export class SetupError extends Error {}

const startedAt = performance.now()

/** @param {string} line */
export function say(line) {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)
  console.log(`[set-up ${seconds} s] ${line}`)
}

/**
 * Says when a step begins, and how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  say(`… ${title}`)
  const begunAt = performance.now()
  try {
    const result = await work()
    say(`✓ ${title} (${((performance.now() - begunAt) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    say(`✗ ${title}: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`)
    throw error
  }
}

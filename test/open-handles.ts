/**
 * Loaded before every test file: a file whose tests have ended but that keeps something open would hang the whole run.
 * It fails instead, and says what is open.
 */
import { after } from 'node:test'

const GRACE_MS = 5_000

// The runner's own process loads this too, and has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  after(() => {
    const timer = setTimeout(() => {
      console.error(`Still open ${GRACE_MS / 1000} s after the last test: ${process.getActiveResourcesInfo().join(', ')}`)
      process.exit(1)
    }, GRACE_MS)
    timer.unref()
  })
}

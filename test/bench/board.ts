import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Board } from '../http-support.ts'

const STATE = 'x'.repeat(200)

/** Publishes one state of 200 characters after another, as fast as they leave, for the milliseconds that the parent asks for. */
export function publishOnDemand(board: Board): void {
  process.on('message', async (durationMs: number) => {
    const endsAt = performance.now() + durationMs
    for (let number = 0; performance.now() < endsAt; number++) {
      board.set(`${number} ${STATE}`)
      await nextTurn()
    }
    process.send?.('published')
  })
}

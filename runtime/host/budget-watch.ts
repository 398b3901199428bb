import type { Budget } from '../../plugins/kit/define-config.ts'
import type { Health } from '../../plugins/kit/protocol.ts'

/** A budget with its defaults. What has none is not limited. */
export type WholeBudget = Budget & Required<Omit<Budget, 'cpuPercent' | 'eventLoopDelayMs'>>

export const DEFAULT_BUDGET: WholeBudget = { memoryMb: 256, startMs: 10_000, stopMs: 5_000, overMs: 10_000, onExceeded: 'RESTART' }

/** What a budget is written with: the name of each, and the least it may be. */
const LEAST: Readonly<Record<string, number>> = { memoryMb: 16, startMs: 1, stopMs: 1, cpuPercent: 1, eventLoopDelayMs: 1, overMs: 250 }

/** Says what is wrong with a budget; nothing when it can be kept. */
export function mistakeIn(budget: Budget): string | undefined {
  for (const [name, value] of Object.entries(budget)) {
    if (name === 'onExceeded') {
      if (value !== 'LOG' && value !== 'RESTART') return `budget.onExceeded is 'LOG' or 'RESTART', not ${JSON.stringify(value)}`
      continue
    }
    const least = LEAST[name]
    if (least === undefined) return `there is no budget.${name}`
    if (typeof value !== 'number' || !(value >= least)) return `budget.${name} is a number from ${least}, not ${JSON.stringify(value)}`
  }
  return undefined
}

type Sample = { at: number; cpuMs: number; delayMs: number }

/** What one run of a plugin uses of the machine, averaged over the time that its budget says. */
export class BudgetWatch {
  readonly #budget: WholeBudget
  #samples: Sample[] = []
  #quietUntil = 0

  constructor(budget: WholeBudget) {
    this.#budget = budget
  }

  /** Share of one CPU that it used lately, in per cent; 0 until it has been asked twice. */
  get cpuPercent(): number {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (!first || !last || last.at === first.at) return 0
    return (100 * (last.cpuMs - first.cpuMs)) / (last.at - first.at)
  }

  /** @returns What it exceeds, in words, at most once per `overMs`; nothing before that time has been seen whole. */
  add({ cpuMs, eventLoopDelayMs }: Health, now = performance.now()): string | undefined {
    const { overMs } = this.#budget
    this.#samples.push({ at: now, cpuMs, delayMs: eventLoopDelayMs })
    // One sample older than the window stays, so that the window is covered whole.
    while ((this.#samples[1]?.at ?? now) <= now - overMs) this.#samples.shift()
    const isWhole = now - (this.#samples[0]?.at ?? now) >= overMs
    const exceeded = isWhole && now >= this.#quietUntil ? this.#exceeded() : undefined
    if (exceeded !== undefined) this.#quietUntil = now + overMs
    return exceeded
  }

  #exceeded(): string | undefined {
    const { cpuPercent, eventLoopDelayMs, overMs } = this.#budget
    const delayMs = this.#samples.reduce((sum, sample) => sum + sample.delayMs, 0) / this.#samples.length
    const over = `over ${overMs / 1_000} s`
    if (cpuPercent !== undefined && this.cpuPercent > cpuPercent) {
      return `it used ${Math.round(this.cpuPercent)} % of a CPU ${over}; its budget is ${cpuPercent} %`
    }
    if (eventLoopDelayMs !== undefined && delayMs > eventLoopDelayMs) {
      return `its event loop was ${Math.round(delayMs)} ms late ${over}; its budget is ${eventLoopDelayMs} ms`
    }
    return undefined
  }
}

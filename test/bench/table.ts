import { round } from './numbers.ts'

/** One line of a bench: a figure of Patchbay, and the same of its baseline when there is one. */
export type Figure = {
  what: string
  unit: string
  patchbay: number
  /** Measured in the same run, in turns with Patchbay. */
  baseline?: number
  /** Given by benches that pair single measurements; otherwise it is made of the two columns. */
  ratio?: number
  /** What is aimed at, in words. */
  goal?: string
}

export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ what, unit, patchbay, baseline, ratio, goal }) => [
    what,
    baseline === undefined ? '' : round(baseline),
    round(patchbay),
    unit,
    times(ratio ?? patchbay / (baseline ?? Number.NaN)),
    goal ?? '',
  ])
  const all = [['', 'baseline', 'Patchbay', '', 'ratio', 'goal'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const lines = all.map((row) =>
    row.map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  '),
  )
  process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}\n`)
}

function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : ''
}

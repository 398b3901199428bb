/**
 * Runs the benches, or those named: `npm run bench -- joins graphql --viewers 200`. Each measures its baseline in the same run,
 * in turns with Patchbay, because only ratios say anything on a machine that does something else too.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { type Figure, printTable } from './table.ts'

export type BenchOptions = {
  /** Viewers of `viewers` and joins of `joins`. */
  viewers: number
  /** Encoders at once in `ingest`. */
  encoders: number
  /** Whether `viewers` measures Janus too. */
  janus: boolean
}

export type Bench = { title: string; run(options: BenchOptions): Promise<Figure[]> }

const BENCHES = ['viewers', 'ingest', 'mjpeg', 'recording', 'joins', 'graphql', 'boot', 'latency'] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    viewers: { type: 'string', default: '80' },
    encoders: { type: 'string', default: '10' },
    janus: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench === name))
if (unknown.length > 0) {
  process.stderr.write(`No bench is called ${unknown.join(', ')}; there are ${BENCHES.join(', ')}.\n`)
  process.exit(1)
}
if (values.janus && spawnSync('janus', ['--help']).error) {
  process.stderr.write('--janus needs Janus: apt-get install --no-install-recommends janus\n')
  process.exit(1)
}
const options: BenchOptions = { viewers: Number(values.viewers), encoders: Number(values.encoders), janus: values.janus }

for (const name of BENCHES.filter((bench) => positionals.length === 0 || positionals.includes(bench))) {
  const bench: Bench = await import(`./${name}.ts`)
  try {
    printTable(bench.title, await bench.run(options))
  } catch (error) {
    process.stderr.write(`\n${bench.title}\n  failed: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = 1
  }
}
// The viewers' library keeps threads that would hold the process.
process.exit()

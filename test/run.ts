/**
 * Runs every `*.test.ts`, and the `*.test.js` of examples, or those whose path contains one of the arguments: `npm test -- plugins/rtmp`.
 * Node's own runner does the work, each file in a process of its own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TEST_TIMEOUT_MS = 60_000
const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)

const files = globSync(['{core,native,plugins,runtime,schema,setup,test}/**/*.test.ts', 'examples/**/*.test.{ts,js}'], { cwd: root })
  .filter((file) => !file.includes('node_modules') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .sort()

if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(' ')}.`)
  process.exit(1)
}

const failedList = join(mkdtempSync(join(tmpdir(), 'patchbay-tests-')), 'failed')

/** @returns Node's exit code, and the files in which something failed. */
async function run(some: readonly string[], concurrency: number): Promise<{ code: number; failed: string[] }> {
  const options = [
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${new URL('failed-files.ts', import.meta.url)}`,
    `--test-reporter-destination=${failedList}`,
    // An absolute URL, because the test processes inherit it.
    `--import=${new URL('open-handles.ts', import.meta.url)}`,
    `--import=${new URL('shared-modules.ts', import.meta.url)}`,
  ]
  const runner = spawn(process.execPath, ['--test', ...options, ...some], { cwd: root, stdio: 'inherit' })
  const pass = (signal: NodeJS.Signals) => runner.kill(signal)
  process.on('SIGINT', pass).on('SIGTERM', pass)
  const [code] = (await once(runner, 'close')) as [number | null]
  process.off('SIGINT', pass).off('SIGTERM', pass)
  const failed = readFileSync(failedList, 'utf8')
    .split('\n')
    .filter((file) => file.endsWith('.test.ts'))
  return { code: code ?? 1, failed: [...new Set(failed)] }
}

const first = await run(files, Math.min(4, Math.max(2, availableParallelism())))
if (first.code === 0 || first.failed.length === 0 || first.failed.length > files.length / 4) process.exit(first.code)

// Real encoders and browsers keep real time, which a crowded machine may not let them: what failed has the machine to itself once.
console.log(`\n${first.failed.length} of ${files.length} files failed side by side; once more, one at a time:\n`)
process.exit((await run(first.failed, 1)).code)

/**
 * Runs every `*.test.ts`, and the `*.test.js` of examples, or those whose path contains one of the arguments: `npm test -- plugins/rtmp`.
 * Node's own runner does the work, each file in a process of its own.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
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

const options = [
  `--test-timeout=${TEST_TIMEOUT_MS}`,
  `--test-concurrency=${Math.min(4, Math.max(2, availableParallelism()))}`,
  '--test-reporter=spec',
  // An absolute URL, because the test processes inherit it.
  `--import=${new URL('open-handles.ts', import.meta.url)}`,
  `--import=${new URL('shared-modules.ts', import.meta.url)}`,
]
const runner = spawn(process.execPath, ['--test', ...options, ...files], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
runner.once('close', (code) => process.exit(code ?? 1))

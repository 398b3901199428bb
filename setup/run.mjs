import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { cacheDir } from './places.mjs'
import { SetupError } from './report.mjs'

const TAIL_CHARACTERS = 3_000

/**
 * Runs a command to its end. Its output goes to a log file, and its last lines into the error when it fails.
 *
 * @param {string} name What the log file is called.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptionsWithoutStdio & { timeoutMs?: number }} options
 * @returns {Promise<string>} The end of what it printed.
 */
export async function run(name, command, args, { timeoutMs, ...options } = {}) {
  const path = join(cacheDir, 'logs', `${name}.log`)
  mkdirSync(join(cacheDir, 'logs'), { recursive: true })
  const log = createWriteStream(path)
  log.write(`$ ${command} ${args.join(' ')}\n`)

  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
  const stop = () => child.kill()
  process.once('exit', stop)
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log.write(text)
      tail = (tail + text).slice(-TAIL_CHARACTERS)
    })
  }
  /** @type {string | undefined} */
  const failure = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`))
  })
  process.off('exit', stop)
  log.end()
  await finished(log)
  if (failure) throw new SetupError(`\`${command} ${args.join(' ')}\` ${failure}.\n${tail.trimEnd()}\n(all of it: ${path})`)
  return tail
}

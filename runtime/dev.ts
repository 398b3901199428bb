/**
 * `npm run dev`: the server, with plugins that reload themselves, and started again as a whole when anything else changes that it is made of.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { watchFolder } from './host/folder-watch.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** The pages are read anew for every request. */
const WATCHED = ['core', 'native', 'schema', 'plugins/kit', 'runtime', 'plugins.config.ts']
const IS_PAGE = /^runtime\/pages\//

let server: ChildProcess | undefined
let restarting: Promise<void> | undefined
let ending = false

function start(): void {
  const args = [...process.execArgv, fileURLToPath(new URL('start.mjs', import.meta.url)), '--reload', ...process.argv.slice(2)]
  const started = spawn(process.execPath, args, { stdio: 'inherit' })
  server = started
  started.once('exit', (code) => {
    if (server === started) server = undefined
    if (ending) process.exit(code ?? 1)
    if (!restarting) console.error('The server has ended. It is started again when a file changes.')
  })
}

async function restart(files: readonly string[]): Promise<void> {
  console.error(`\n${files.join(', ')} changed: starting the server again.`)
  if (server) {
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
  }
  if (!ending) start()
}

function changed(files: readonly string[]): void {
  const ours = files.map((file) => relative(root, file)).filter((file) => !IS_PAGE.test(file))
  if (ours.length === 0 || restarting || ending) return
  restarting = restart(ours).finally(() => {
    restarting = undefined
  })
}

for (const path of WATCHED) watchFolder(`${root}${path}`, changed, (error) => console.error(`${path} is not watched: ${error.message}`))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (ending || !server) process.exit(1)
    ending = true
    // A terminal sends Ctrl+C to both; a second one would end the server at once.
    if (signal === 'SIGTERM') server.kill(signal)
  })
}
start()

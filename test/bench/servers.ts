import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const START_TIMEOUT_MS = 30_000
export const TOKEN = 'sk_bench_0123456789abcdef0123456789abcdef'

/** A server that is measured: a process of its own. */
export type Server = AsyncDisposable & { pid: number; port: number; url: string }

/** Patchbay as `npm start` starts it, on free ports, with data of its own. */
export async function startPatchbay(
  env: Record<string, string> = {},
  plugins?: string,
): Promise<Server & { rtmpPort: number; readyMs: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-bench-'))
  const rtmpPort = await freePort()
  const settings = {
    PORT: '0',
    RTMP_PORT: String(rtmpPort),
    RTC_PORT: '0',
    WORKERS: '1',
    DATA_DIR: dataDir,
    STUN_URLS: 'none',
    LOG_LEVEL: 'warn',
  }
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=4', 'runtime/main.ts', ...(plugins === undefined ? [] : ['--plugins', plugins])],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...settings, PATCHBAY_API_TOKEN: TOKEN, ...env } },
  )
  let text = ''
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Patchbay did not start:\n${text}`)), START_TIMEOUT_MS)
    child.stdout.on('data', (chunk) => {
      text += chunk
      const [, found] = /GraphiQL\s+http:\/\/localhost:(\d+)/.exec(text) ?? []
      if (found === undefined) return
      clearTimeout(timer)
      resolve(Number(found))
    })
    child.once('exit', (code) => reject(new Error(`Patchbay ended with ${code}:\n${text}`)))
  })
  const readyMs = performance.now() - startedAt
  return {
    ...stoppable(child, port, () => rm(dataDir, { recursive: true, force: true })),
    rtmpPort,
    readyMs,
  }
}

/** A server of `test/bench/baselines`, which says its port once it listens. */
export async function startBaseline(file: string, ...args: string[]): Promise<Server & { process: ChildProcess }> {
  const child = fork(fileURLToPath(new URL(`baselines/${file}`, import.meta.url)), args, { cwd: ROOT })
  const [{ port }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`${file} did not start`)
    }),
  ])) as [{ port: number }]
  return { ...stoppable(child, port), process: child }
}

/** A started child as a server: stopped when disposed of. */
export function stoppable(child: ChildProcess, port: number, after: () => Promise<void> = async () => {}): Server {
  return {
    pid: child.pid!,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
      await after()
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

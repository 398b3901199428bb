import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './harness.ts'

const MAIN = fileURLToPath(new URL('../runtime/main.ts', import.meta.url))

/** The server as a process of its own, as an operator runs it. */
async function startProcess(env: Record<string, string> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-process-'))
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PORT: '0', RTMP_PORT: '0', RTC_PORT: '0', WORKERS: '2', DATA_DIR: dataDir, STUN_URLS: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const ended = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }))
  while (!output.includes('is up.') && child.exitCode === null) await wait(20)
  return {
    child,
    ended,
    output: () => output,
    url: /Live now +(\S+)/.exec(output)?.[1] ?? '',
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Every process below this one, by pid. */
async function descendants({ pid }: ChildProcess): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
  }
  const below = (parent: number): number[] => [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)])
  return below(pid ?? 0)
}

async function untilGone(pids: readonly number[], withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  const alive = () => pids.filter((pid) => isAlive(pid))
  while (alive().length > 0) {
    assert.ok(Date.now() < deadline, `still there after ${withinMs} ms: ${alive()}`)
    await wait(20)
  }
}

/** One that has ended and waits for init to take notice is not alive. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

test('the first start says where everything is, shows a token once, and answers to it', async () => {
  await using server = await startProcess()
  assert.match(server.output(), /Player +http:\/\/localhost:\d+\/play\/live\/demo/)
  const token = /API token +(sk_\S+)/.exec(server.output())?.[1] ?? ''
  const response = await fetch(`${server.url}graphql?query={apps{name}}`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(response.status, 200)
  while ((await fetch(`${server.url}readyz`)).status !== 200) await wait(50)
})

test('SIGTERM ends it well: exit code 0, and no process left behind', async () => {
  await using server = await startProcess()
  const children = await descendants(server.child)
  assert.ok(children.length >= 2)
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 0, signal: null })
  await untilGone(children, 5_000)
})

test('kill -9 leaves no process behind either', async () => {
  await using server = await startProcess()
  const children = await descendants(server.child)
  server.child.kill('SIGKILL')
  await server.ended
  await untilGone(children, 5_000)
})

test('a configuration with mistakes names them all and ends with code 1', async () => {
  await using server = await startProcess({ PORT: 'eighty', LOG_LEVEL: 'loud', WORKERS: '0' })
  assert.equal((await server.ended).code, 1)
  for (const name of ['PORT', 'LOG_LEVEL', 'WORKERS']) assert.match(server.output(), new RegExp(`\\b${name}\\b`))
})

test('it does not listen beyond loopback without a credential', async () => {
  await using server = await startProcess({ HOST: '0.0.0.0' })
  assert.equal((await server.ended).code, 1)
  assert.match(server.output(), /PATCHBAY_API_TOKEN/)
})

test('one signal that comes twice, from the terminal and from whoever started it, ends it well', async () => {
  await using server = await startProcess()
  server.child.kill('SIGINT')
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 0, signal: null })
})

test('a second server on the same data is refused; after a kill -9 the data is free again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-shared-'))
  try {
    await using first = await startProcess({ DATA_DIR: dataDir })
    await using second = await startProcess({ DATA_DIR: dataDir })
    assert.equal((await second.ended).code, 1)
    assert.match(second.output(), new RegExp(`DATA_DIR .*${first.child.pid}`))
    first.child.kill('SIGKILL')
    await first.ended
    await using third = await startProcess({ DATA_DIR: dataDir })
    assert.match(third.output(), /is up\./)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('ports and data that can not be used are named in one line', async () => {
  const rtcPort = String(await freePort())
  await using _ = await startProcess({ WORKERS: '1', RTC_PORT: rtcPort })
  const dataFile = join(await mkdtemp(join(tmpdir(), 'patchbay-file-')), 'file')
  await writeFile(dataFile, '')
  for (const [name, env] of [
    ['RTC_PORT', { WORKERS: '1', RTC_PORT: rtcPort }],
    ['DATA_DIR', { DATA_DIR: dataFile }],
  ] as const) {
    await using second = await startProcess(env)
    assert.equal((await second.ended).code, 1)
    assert.match(second.output(), new RegExp(`^The configuration has mistakes:\n  ${name} .*\n$`))
  }
  await rm(dirname(dataFile), { recursive: true })
})

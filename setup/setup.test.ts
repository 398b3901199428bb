import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))

test('set-up takes native builds from the cache, and a second run does nothing, quickly', async () => {
  using clone = cloneOfRepository()
  const first = await clone.setUp()
  assert.equal(first.code, 0, first.errors)
  assert.match(first.output, /mediasoup-worker comes from .*everything is in place/s)
  for (const name of ['mediasoup-worker', 'gstreamer-superficial.node', 'addon.node']) assert.ok(existsSync(clone.path('native/bin', name)))

  const runs = [await clone.setUp(), await clone.setUp(), await clone.setUp()]
  for (const { code, output } of runs) assert.deepEqual({ code, output }, { code: 0, output: '' })
  // The best of three, since other tests keep the machine busy.
  assert.ok(Math.min(...runs.map(({ ms }) => ms)) < 300)
})

test('set-up runs again when a binary is missing, the lock file or set-up itself changed, or tests need more', async () => {
  using clone = cloneOfRepository()
  await clone.setUp()
  const runsAgain = async (...args: string[]) => assert.match((await clone.setUp(...args)).output, /everything is in place/)

  rmSync(clone.path('native/bin/addon.node'))
  await runsAgain()
  assert.ok(existsSync(clone.path('native/bin/addon.node')))

  appendFileSync(clone.path('package-lock.json'), '\n')
  await runsAgain()

  appendFileSync(clone.path('setup/setup.mjs'), '\n')
  await runsAgain()

  await runsAgain('--with-tests')
  assert.equal((await clone.setUp('--with-tests')).output, '')
  assert.equal((await clone.setUp()).output, '')
})

test('set-up that is interrupted leaves neither compilers nor half-made builds behind', async () => {
  using clone = cloneOfRepository()
  const cache = clone.path('cache')
  const child = clone.start({ XDG_CACHE_HOME: cache, MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: '1' })
  const errors = text(child.stderr)
  const half = () => readdirSync(join(cache, 'patchbay')).filter((name) => name.startsWith('.mediasoup-worker-'))
  for await (const _ of watch(clone.path('.'), { recursive: true, signal: AbortSignal.timeout(20_000) })) {
    if (existsSync(join(cache, 'patchbay/logs/media-worker-compile.log'))) break
  }
  assert.equal(half().length, 1)
  child.kill()
  // `text` ends when the last process that holds the pipe does.
  assert.deepEqual([await errors, half()], ['', []])
})

test('a build that fails ends set-up with what the compiler said, and is tried again', async () => {
  using clone = cloneOfRepository()
  writeFileSync(clone.path('native/addon/addon.c'), '#error on purpose\n')
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, errors } = await clone.setUp()
    assert.equal(code, 1)
    assert.match(errors, /Set-up failed\. `cc .*#error on purpose.*addon\.log/s)
  }
})

/** What set-up needs of the repository, with the packages that are installed already. */
function cloneOfRepository() {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-set-up-'))
  for (const part of ['setup', 'native/addon', 'native/mediasoup-worker', 'native/binaries.ts', 'package.json', 'package-lock.json']) {
    cpSync(join(repository, part), join(folder, part), { recursive: true })
  }
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(repository, 'node_modules')).filter((name) => name !== '.patchbay-set-up')) {
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const start = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    spawn(process.execPath, [join(folder, 'setup/setup.mjs'), '--no-system-packages', ...args], { env: { ...process.env, ...env } })
  return {
    path: (...parts: string[]) => join(folder, ...parts),
    start,
    async setUp(...args: string[]) {
      const startedAt = performance.now()
      const child = start({}, ...args)
      const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      return { output, errors, code, ms: performance.now() - startedAt }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

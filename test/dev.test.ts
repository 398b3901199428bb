import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createPlugin } from '../setup/new-plugin.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))

test('npm run dev reloads a plugin by itself, and the server when anything else changes', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-dev-'))
  const plugin = await createPlugin('door-bell', join(folder, 'door-bell'))
  const list = join(folder, 'plugins.config.ts')
  await writeFile(list, "import { use } from 'patchbay/kit'\nexport default [use('./door-bell/plugin.ts')]\n")

  const env = { ...process.env, PORT: '0', RTC_PORT: '0', WORKERS: '1', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'info' }
  const dev = spawn(process.execPath, ['runtime/dev.ts', '--plugins', list], { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const told: string[] = []
  const wake = new EventTarget()
  for (const stream of [dev.stdout, dev.stderr]) {
    createInterface(stream).on('line', (line) => {
      told.push(line)
      wake.dispatchEvent(new Event('line'))
    })
  }
  /** The next line that matches, after all that were asked for before. */
  let read = 0
  const line = async (wanted: RegExp) => {
    for (;;) {
      const found = told.findIndex((text, index) => index >= read && wanted.test(text))
      if (found >= 0) {
        read = found + 1
        return told[found] ?? ''
      }
      if (dev.exitCode !== null) assert.fail(told.join('\n'))
      await once(wake, 'line', { signal: AbortSignal.timeout(20_000) }).catch(() =>
        assert.fail(`${wanted} was not told:\n${told.join('\n')}`),
      )
    }
  }

  try {
    await line(/is up\./)
    const ticks = join(plugin.folder, 'ticks.ts')
    let tookMs = Number.POSITIVE_INFINITY
    // A machine that does much else may be slow once.
    for (let save = 1; save <= 4 && tookMs >= 1_000; save++) {
      await writeFile(ticks, (await readFile(ticks, 'utf8')).replace(/count: \d+/, `count: ${save}`))
      const reloaded = JSON.parse(await line(/the plugin was reloaded/)) as { tookMs: number; files: string[] }
      assert.deepEqual(reloaded.files, ['ticks.ts'])
      tookMs = reloaded.tookMs
    }
    assert.ok(tookMs < 5_000, `${tookMs} ms`)

    // Its time alone: the file stays as it is.
    await utimes(join(REPOSITORY, 'schema/print.ts'), new Date(), new Date())
    await line(/schema\/print\.ts changed: starting the server again/)
    await line(/is up\./)
  } finally {
    dev.kill('SIGTERM')
    if (dev.exitCode === null) await once(dev, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
  assert.equal(dev.exitCode, 0)
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkName, createPackage, createPlugin, NewPluginError, withPlugin } from './new-plugin.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SHARED = `--import=${new URL('../test/shared-modules.ts', import.meta.url)}`
/** As an author runs it: not as a part of the run that this test is in. */
const env = { ...process.env, NODE_TEST_CONTEXT: undefined }

async function temporary(): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-new-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

test('a new plugin passes its test from the first minute', async () => {
  await using place = await temporary()
  const { folder, files } = await createPlugin('door-bell', join(place.folder, 'door-bell'))
  assert.deepEqual(files.toSorted(), ['README.md', 'config.ts', 'door-bell.test.ts', 'plugin.ts', 'schema.ts', 'ticks.ts'])
  for (const file of files) assert.doesNotMatch(await readFile(join(folder, file), 'utf8'), /template/i, file)

  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', SHARED, join(folder, 'door-bell.test.ts')], {
    cwd: ROOT,
    env,
  })
  for (const promise of ['starts', 'refuses bad config by field name', 'survives its own crash', 'stops within its deadline']) {
    assert.match(stdout, new RegExp(`^ +ok \\d+ - ${promise}`, 'm'))
  }
  assert.match(stdout, /^# fail 0/m)
  await assert.rejects(createPlugin('door-bell', folder), /exists already; nothing was changed/)
})

test('a new package installs and passes its test in plain JavaScript', async () => {
  await using place = await temporary()
  const { folder, files } = await createPackage('door-bell', join(place.folder, 'patchbay-door-bell'))
  assert.deepEqual(
    files.filter((file) => file.endsWith('.ts')),
    [],
  )
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd: folder })
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: folder, env })
  assert.match(stdout, /^# fail 0/m)
  assert.match(stdout, /ok \d+ - the door-bell answers a query/)
})

test('a name that can not be is refused', () => {
  for (const name of ['Door', '2nd', 'a_b', '-a', 'a--b', '../x', '', 'kit', 'x'.repeat(33)]) {
    assert.throws(() => checkName(name), NewPluginError, name)
  }
  checkName('ws-mjpeg2')
})

test('plugins.config.ts gets one import and one line, once', async () => {
  const config = await readFile(join(ROOT, 'plugins.config.ts'), 'utf8')
  const listed = withPlugin(config, 'door-bell') ?? assert.fail('the list was not found')
  const added = listed.split('\n').filter((line) => !config.split('\n').includes(line))
  assert.deepEqual(added, [
    "import type doorBell from './plugins/door-bell/plugin.ts'",
    "  use<typeof doorBell>('./plugins/door-bell/plugin.ts'),",
  ])
  const imported = listed.split('\n').filter((line) => line.startsWith('import type'))
  assert.deepEqual(imported, imported.toSorted())
  assert.equal(withPlugin(listed, 'door-bell'), undefined)
  assert.equal(withPlugin('export default mine', 'door-bell'), undefined)
})

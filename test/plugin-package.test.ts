import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { TestRuntime } from './harness.ts'
import { PagesBrowser } from './pages-browser.ts'

const run = promisify(execFile)
const REPOSITORY = new URL('../', import.meta.url)
const SET =
  'mutation ($enabled: Boolean, $config: JSON) { setAppPlugin(app: "live", plugin: "watermark", enabled: $enabled, config: $config) { enabled } }'

/** A project that has the example installed as anybody would install it: from its tarball, without a network. */
async function installed(): Promise<{ config: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-project-'))
  const npm = (args: string[], cwd: string) => run('npm', [...args, '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd })
  await npm(['pack', '--pack-destination', folder], fileURLToPath(new URL('examples/watermark', REPOSITORY)))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'my-server', private: true, type: 'module' }))
  await npm(['install', './patchbay-watermark-1.0.0.tgz'], folder)
  const config = join(folder, 'plugins.config.ts')
  await writeFile(
    config,
    `import { definePluginsConfig, use } from 'patchbay/kit'
     export default definePluginsConfig([
       use('${new URL('plugins/whip/plugin.ts', REPOSITORY)}'),
       use('patchbay-watermark'),
     ])`,
  )
  return { config: pathToFileURL(config).href, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('a plugin installed from its tarball shows its text in the player, as each app says', { timeout: 60_000 }, async () => {
  await using project = await installed()
  await using runtime = await TestRuntime.start({ pluginsConfig: project.config })
  await runtime.graphql('mutation { installAppPlugin(app: "live", plugin: "watermark") { installed } }')
  await runtime.graphql(SET, { enabled: true })
  await using browser = await PagesBrowser.open()
  await browser.publish(runtime.url, 'live/yard')
  const player = await browser.page(`${runtime.url}/play/live/yard`)
  await player.waitForSelector('[data-state=live]', { state: 'attached' })

  const shown = async (text: string) => {
    await player.locator('.overlay', { hasText: text }).waitFor()
    return player.evaluate(`(() => {
      const overlay = document.querySelector('.overlay')
      const box = overlay.getBoundingClientRect()
      const frame = document.getElementById('frame').getBoundingClientRect()
      const side = (at, from, to) => (at < from + (to - from) / 3 ? 'start' : at > from + 2 * (to - from) / 3 ? 'end' : 'middle')
      return {
        text: overlay.textContent, markup: overlay.children.length, opacity: getComputedStyle(overlay).opacity,
        x: side(box.x + box.width / 2, frame.left, frame.right), y: side(box.y + box.height / 2, frame.top, frame.bottom),
      }
    })()`)
  }
  assert.deepEqual(await shown('Patchbay'), { text: 'Patchbay', markup: 0, opacity: '0.6', x: 'end', y: 'end' })

  const text = 'Yard <b>internal</b>'
  await runtime.graphql(SET, { config: { text, position: 'top-left', opacity: 0.25 } })
  assert.deepEqual(await shown('Yard'), { text, markup: 0, opacity: '0.25', x: 'start', y: 'start' })

  await runtime.graphql(SET, { enabled: false })
  await player.locator('.overlay').waitFor({ state: 'detached' })
  await runtime.graphql(SET, { enabled: true })
  await shown('Yard')
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type whip from '../plugins/whip/plugin.ts'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start({ plugins: [use<typeof whip>('./plugins/whip/plugin.ts'), use('./examples/watermark/plugin.js')] })
})
after(() => hub[Symbol.asyncDispose]())

const watermark = '/apps/live/plugins/watermark'

test('the marketplace lists every plugin by name, with what the app makes of it', async () => {
  const { status, body } = await hub.call('GET /apps/live/plugins')
  assert.equal(status, 200)
  assert.equal(body.error, null)
  assert.deepEqual(
    body.data.map((view: { manifest: { id: string }; installed: boolean; enabled: boolean }) => [
      view.manifest.id,
      view.installed,
      view.enabled,
    ]),
    [
      ['watermark', false, false],
      ['whip', true, true],
    ],
  )
  const [view] = body.data
  assert.deepEqual(Object.keys(view), ['manifest', 'installed', 'enabled', 'config', 'installedAt', 'updatedAt'])
  assert.deepEqual(
    [view.config, view.installedAt, view.updatedAt],
    [{ text: 'Patchbay', position: 'bottom-right', opacity: 0.6 }, null, null],
  )
  const { configSchema, ...manifest } = view.manifest
  assert.deepEqual(manifest, {
    id: 'watermark',
    name: 'Watermark',
    description: 'Shows a line of text over the picture in every player of the app, such as who may see it.',
    category: 'tool',
    ui: 'player-overlay',
    needsWorker: false,
    version: '1.0.0',
  })
  assert.deepEqual(
    configSchema.map(({ key, type, default: otherwise }: { key: string; type: string; default: unknown }) => [key, type, otherwise]),
    [
      ['text', 'string', 'Patchbay'],
      ['position', 'select', 'bottom-right'],
      ['opacity', 'number', 0.6],
    ],
  )
  assert.deepEqual(configSchema[1].options[0], { value: 'top-left', label: 'Top left' })
  assert.deepEqual([configSchema[2].min, configSchema[2].max], [0, 1])
})

test('an app installs, enables and configures a plugin, and its players hear of it', async () => {
  const refused = await hub.call(`PATCH ${watermark}`, { body: { enabled: true } })
  assert.equal(refused.status, 400)

  const installed = await hub.call(`POST ${watermark}/install`)
  assert.equal(installed.status, 201)
  assert.deepEqual([installed.body.data.installed, installed.body.data.enabled], [true, false])
  assert.match(installed.body.data.installedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  const again = await hub.call(`POST ${watermark}/install`)
  assert.deepEqual(again.body, installed.body)
  assert.deepEqual((await hub.call('GET /apps/live/plugins/public', { token: null })).body, { data: [], error: null })

  const changed = await hub.call(`PATCH ${watermark}`, { body: { enabled: true, config: { text: 'Yard', opacity: '0.5' } } })
  assert.equal(changed.status, 200)
  assert.deepEqual(changed.body.data.config, { text: 'Yard', position: 'bottom-right', opacity: 0.5 })
  const shown = await hub.call('GET /apps/live/plugins/public', { token: null })
  assert.deepEqual(
    shown.body.data.map(({ id, manifest, config }: { id: string; manifest: object; config: object }) => [
      id,
      Object.keys(manifest),
      config,
    ]),
    [['watermark', ['name', 'ui', 'configSchema'], { text: 'Yard', position: 'bottom-right', opacity: 0.5 }]],
  )
  const reset = await hub.call(`PATCH ${watermark}`, { body: { config: { text: null } } })
  assert.equal(reset.body.data.config.text, 'Patchbay')

  for (const _time of [1, 2]) {
    const removed = await hub.call(`DELETE ${watermark}`)
    assert.deepEqual([removed.status, removed.body], [200, { data: { removed: true }, error: null }])
  }
  assert.equal((await hub.call(`GET ${watermark}`)).body.data.installed, false)
})

test('options that can not be so are refused, and nothing changes', async () => {
  await hub.call(`POST ${watermark}/install`)
  for (const config of [{ colour: 'red' }, { text: 5 }, { opacity: 2 }, { opacity: 'half' }, { position: 'middle' }, { text: '' }]) {
    const { status, body } = await hub.call(`PATCH ${watermark}`, { body: { config } })
    assert.equal(status, 400, JSON.stringify(config))
    assert.equal(body.statusCode, 400)
  }
  assert.equal((await hub.call(`PATCH ${watermark}`, { body: { enabled: 'yes' } })).status, 400)
  assert.deepEqual((await hub.call(`GET ${watermark}`)).body.data.config, { text: 'Patchbay', position: 'bottom-right', opacity: 0.6 })
})

test('a plugin that does not work for each app has no worker, and what does not exist is not found', async () => {
  for (const request of [`POST ${watermark}/worker/start`, `POST ${watermark}/worker/stop`, `GET ${watermark}/worker/status`] as const) {
    assert.equal((await hub.call(request)).status, 400, request)
  }
  for (const request of ['GET /apps/live/plugins/nothing', 'GET /apps/nowhere/plugins', 'GET /apps/nowhere/plugins/public'] as const) {
    assert.equal((await hub.call(request)).status, 404, request)
  }
  assert.equal((await hub.call('GET /apps/live/plugins', { token: null })).status, 401)
  assert.equal((await hub.call('GET /apps/live/plugins', { token: await hub.appToken('default') })).status, 403)
})

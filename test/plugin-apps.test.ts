import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type whip from '../plugins/whip/plugin.ts'
import { TestRuntime } from './harness.ts'
import { fixture } from './plugin-support.ts'

const tagger = { ...fixture('tagger'), from: './test/fixtures/plugins/tagger.ts' }
const SET =
  'mutation ($enabled: Boolean, $config: JSON) { setAppPlugin(app: "live", plugin: "tagger", enabled: $enabled, config: $config) { app { name } plugin { name } enabled config } }'

const overlays = (runtime: TestRuntime, room: string) =>
  runtime.graphql(`{ playerOverlays(app: "live", room: "${room}") { source text position opacity } }`).then((data) => data.playerOverlays)

test('an app sets its own options for a plugin, which hears them at once and after a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-apps-'))
  {
    await using runtime = await TestRuntime.start({ plugins: [tagger], env: { DATA_DIR: dataDir } })
    const changes = runtime.subscribe<{ playerOverlays: { text: string }[] }>(
      'subscription { playerOverlays(app: "live", room: "yard") { text } }',
    )
    const next = async (): Promise<string[] | undefined> => {
      const { value } = await changes.next()
      return (value as { playerOverlays: { text: string }[] } | undefined)?.playerOverlays.map(({ text }) => text)
    }
    const [first] = (await next()) ?? []
    if (first === undefined) assert.deepEqual(await next(), ['nobody'])

    assert.deepEqual(await runtime.graphql(SET, { config: { text: 'Yard' } }), {
      setAppPlugin: { app: { name: 'live' }, plugin: { name: 'tagger' }, enabled: true, config: { text: 'Yard' } },
    })
    assert.deepEqual(await next(), ['Yard'])
    await runtime.graphql(SET, { enabled: false })
    assert.deepEqual(await next(), [])
    await runtime.graphql(SET, { enabled: true })
    assert.deepEqual(await next(), ['Yard'], 'the options stayed')
    await changes.return(undefined)

    const refused = await runtime.graphqlRaw(SET, { config: { text: 5 } })
    assert.equal(refused.errors?.[0]?.extensions?.code, 'PLUGIN_CONFIG_INVALID')
    assert.match(refused.errors?.[0]?.message ?? '', /field: text/)
    const nowhere = await runtime.graphqlRaw('mutation { setAppPlugin(app: "nowhere", plugin: "tagger", enabled: true) { enabled } }')
    assert.equal(nowhere.errors?.[0]?.extensions?.code, 'APP_NOT_FOUND')

    await runtime.graphql('mutation { createApp(name: "new") { name } }')
    await runtime.until<{ playerOverlays: unknown[] }>(
      '{ playerOverlays(app: "new", room: "x") { text } }',
      (data) => data.playerOverlays.length === 1,
    )
  }
  await using again = await TestRuntime.start({ plugins: [tagger], env: { DATA_DIR: dataDir } })
  await again.until<{ playerOverlays: unknown[] }>(
    '{ playerOverlays(app: "live", room: "yard") { text } }',
    (data) => data.playerOverlays.length > 0,
  )
  assert.deepEqual(await overlays(again, 'yard'), [{ source: 'tagger', text: 'Yard', position: 'TOP', opacity: 0.5 }])
  assert.deepEqual(
    await again.graphql(
      '{ app(name: "live") { plugins { plugin { name } config } } plugin(name: "tagger") { apps { app { name } enabled } } }',
    ),
    {
      app: { plugins: [{ plugin: { name: 'tagger' }, config: { text: 'Yard' } }] },
      plugin: { apps: ['default', 'live', 'new'].map((name) => ({ app: { name }, enabled: true })) },
    },
  )
  await again.graphql('mutation { disablePlugin(name: "tagger") { name } }')
  assert.deepEqual(await overlays(again, 'yard'), [], 'what a plugin shows goes with it')
  await rm(dataDir, { recursive: true })
})

test('where an app does not use a plugin, nobody publishes or plays through it', async () => {
  await using runtime = await TestRuntime.start({ plugins: [use<typeof whip>('./plugins/whip/plugin.ts')] })
  await runtime.graphql('mutation { setAppPlugin(app: "live", plugin: "whip", enabled: false) { enabled } }')
  const offer = (path: string) =>
    fetch(`${runtime.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: 'v=0\r\n' })
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
  assert.equal(await codeOf(await offer('/whip/live/yard')), 'PLUGIN_DISABLED')
  assert.equal(await codeOf(await offer('/whep/live/yard')), 'PLUGIN_DISABLED')
  assert.notEqual(await codeOf(await offer('/whip/default/yard')), 'PLUGIN_DISABLED')
})

test('why a plugin failed is told to nobody who is limited to an app: it may quote what others sent', async () => {
  const broken = { ...fixture('throws-at-load'), from: './test/fixtures/plugins/throws-at-load.ts' }
  await using runtime = await TestRuntime.start({ plugins: [broken] })
  await runtime.until<{ plugin: { state: string } }>(
    '{ plugin(name: "throws-at-load") { state } }',
    ({ plugin }) => plugin.state === 'FAILED',
  )
  const { createToken } = await runtime.graphql<{ createToken: { secret: string } }>(
    'mutation { createToken(name: "app", grants: [MANAGE], app: "live") { secret } }',
  )
  type Told = { appPlugin: { work: { state: string; failedAt: string; error: string }; log: { message: string }[] } }
  const query = '{ appPlugin(app: "live", plugin: "throws-at-load") { work { state failedAt error } log { message fields } } }'
  const whole = await runtime.graphql<Told>(query)
  assert.match(whole.appPlugin.work.error, /broken at load/)
  assert.match(JSON.stringify(whole.appPlugin.log), /broken at load/)
  const { data } = await runtime.graphqlRaw<Told>(query, {}, createToken.secret)
  assert.doesNotMatch(JSON.stringify(data), /broken/)
  assert.equal(data?.appPlugin.work.state, 'CRASHED')
  assert.match(data?.appPlugin.work.error ?? '', /its thread failed/)
  assert.equal(data?.appPlugin.work.failedAt, whole.appPlugin.work.failedAt)
  assert.equal(data?.appPlugin.log.length, whole.appPlugin.log.length, 'that it did is told')
})

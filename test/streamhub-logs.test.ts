import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start()
  for (const name of ['shop', 'farm']) await hub.server.graphql('mutation ($name: String!) { createApp(name: $name) { name } }', { name })
  hub.server.runtime.core.events.emit('app.changed', hub.server.runtime.core.apps.get('farm'), 'CHANGED')
})
after(() => hub[Symbol.asyncDispose]())

type Row = { id: number; ts: string; level: string; source: string; appId: number | null; message: string; metaJson: string | null }

test('the log is a page of rows, newest first', async () => {
  const { status, body } = await hub.call('GET /logs')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), ['data', 'total', 'limit', 'offset'])
  assert.deepEqual([body.limit, body.offset], [100, 0])
  assert.equal(body.total, body.data.length)
  const [row] = body.data as Row[]
  assert.deepEqual(Object.keys(row ?? {}), ['id', 'ts', 'level', 'source', 'appId', 'message', 'metaJson'])
  assert.equal(row?.ts, new Date(row?.ts ?? 0).toISOString())
  const times = (body.data as Row[]).map(({ ts }) => Date.parse(ts))
  assert.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  )
})

test('level, source, words, app and time narrow it down', async () => {
  const rows = async (query: string): Promise<Row[]> => (await hub.call(`GET /logs?${query}`)).body.data
  assert.ok((await rows('level=info')).every(({ level }) => level === 'info'))
  assert.deepEqual(await rows('level=fatal'), [])
  assert.ok((await rows('source=api')).every(({ source, message }) => source === 'api' && message === 'managed'))
  assert.equal((await rows('source=api')).length, 2)
  assert.ok((await rows('q=CREATED')).length >= 2)
  assert.deepEqual(await rows('q=%25'), [])
  const farm = hub.server.runtime.core.apps.get('farm').number
  assert.ok((await rows('app=farm')).length > 0)
  assert.ok((await rows('app=farm')).every(({ appId }) => appId === farm))
  assert.deepEqual(await rows('app=nobody'), [])
  assert.deepEqual(await rows(`since=${encodeURIComponent('2100-01-01T00:00:00Z')}`), [])
  assert.ok((await rows('until=2100-01-01')).length > 0)
  const one = await hub.call('GET /logs?limit=1&offset=1')
  assert.deepEqual([one.body.data.length, one.body.limit, one.body.offset], [1, 1, 1])
})

test('bad filters are refused, each by its name', async () => {
  const bad = [
    'limit=0',
    'limit=1001',
    'limit=abc',
    'limit=1.5',
    'offset=-1',
    'level=loud',
    'since=yesterday',
    'until=5',
    `q=${'x'.repeat(201)}`,
  ]
  for (const query of [...bad, `source=${'x'.repeat(65)}`, `app=${'x'.repeat(65)}`]) {
    for (const path of ['/logs', '/apps/shop/logs'] as const) {
      if (path !== '/logs' && query.startsWith('app=')) continue
      const { status, body } = await hub.call(`GET ${path}?${query}`)
      assert.equal(status, 400, query)
      assert.ok(Array.isArray(body.message) && body.message[0].startsWith(query.split('=')[0]), JSON.stringify(body))
    }
  }
  assert.equal((await hub.call('GET /logs?limit=1000')).status, 200)
})

test('an app reads what is about itself and nothing else', async () => {
  const token = await hub.appToken('shop')
  const { core } = hub.server.runtime
  const global = await hub.call('GET /logs', { token })
  assert.equal(global.status, 200)
  assert.ok(global.body.total > 0)
  assert.ok((global.body.data as Row[]).every(({ appId }) => appId === core.apps.get('shop').number))
  assert.equal((await hub.call('GET /logs?app=farm', { token })).body.total, 0)
  assert.ok((await hub.call('GET /apps/shop/logs', { token })).body.total > 0)
  assert.equal((await hub.call('GET /apps/farm/logs', { token })).status, 403)
  assert.equal((await hub.call('GET /apps/farm/logs')).status, 200)
  assert.equal((await hub.call('GET /apps/nowhere/logs')).status, 404)
  assert.equal((await hub.call('GET /logs', { token: null })).status, 401)
  assert.equal((await hub.call('GET /apps/shop/logs', { token: null })).status, 401)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Hub } from './streamhub-support.ts'

const TOKEN = "it's a cluster token"
const NODE = { name: 'edge-fra-1', ip: '203.0.113.10', region: 'eu-central' }
const asNode = { token: null, headers: { 'x-cluster-token': TOKEN } }

let hub: Hub
before(async () => {
  hub = await Hub.start({
    env: {
      STREAMHUB_CLUSTER_TOKEN: TOKEN,
      REDIS_URL: 'redis://cluster-redis:6379',
      PUBLIC_WS_URL: 'wss://media.example.com',
      LIVEKIT_API_KEY: 'APIkey123456',
      LIVEKIT_API_SECRET: 'a-secret-of-some-length-0123456789',
    },
  })
})
after(() => hub[Symbol.asyncDispose]())

const join = async (change: object = {}) => hub.call('POST /cluster/join', { ...asNode, body: { ...NODE, ...change } })

test('without a cluster token nobody joins, whatever comes', async () => {
  await using closed = await Hub.start()
  for (const path of ['/cluster/join', '/cluster/heartbeat'] as const) {
    for (const body of [NODE, '{', undefined]) {
      const answer = await closed.call(`POST ${path}`, { ...asNode, body })
      assert.equal(answer.status, 503)
      assert.deepEqual(Object.keys(answer.body), ['error'])
    }
  }
  const { data } = (await closed.call('GET /cluster/info')).body
  assert.deepEqual(data, { enabled: false, nodesCount: 0, clusterToken: null, clusterRedisUrl: null, joinCommand: null })
  assert.deepEqual((await closed.call('GET /cluster/nodes')).body, { data: [], error: null })
})

test('a node joins by name, is told what it needs, and stays itself when it joins again', async () => {
  const first = await join()
  assert.equal(first.status, 201)
  const { nodeId } = first.body.data
  assert.deepEqual(first.body, {
    data: {
      nodeId,
      name: 'edge-fra-1',
      redisUrl: 'redis://cluster-redis:6379',
      publicWsUrl: 'wss://media.example.com',
      livekit: { apiKey: 'APIkey123456', apiSecret: 'a-secret-of-some-length-0123456789', wsUrl: 'wss://media.example.com' },
    },
    error: null,
  })
  const again = await join({ ip: '2001:db8::1', region: 'eu-west', url: 'https://edge.example.com' })
  assert.deepEqual([again.status, again.body.data.nodeId], [200, nodeId])
  const { data } = (await hub.call('GET /cluster/nodes')).body
  const [origin, node, ...others] = data
  assert.deepEqual(others, [])
  assert.deepEqual([origin.id, origin.name, origin.region, origin.stale], ['origin', 'origin', 'origin', false])
  const { created_at, last_seen_at, ...rest } = node
  assert.ok(Date.parse(created_at) <= Date.parse(last_seen_at))
  assert.deepEqual(rest, {
    ...{ id: nodeId, name: 'edge-fra-1', url: 'https://edge.example.com', region: 'eu-west' },
    ...{ status: 'active', stats: null, stale: false },
  })
})

test('two who join at once under one name are one node', async () => {
  const answers = await Promise.all([join({ name: 'twin' }), join({ name: 'twin' })])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 201])
  assert.equal(answers[0].body.data.nodeId, answers[1].body.data.nodeId)
})

test('the token is asked for before anything is read, and is no other credential', async () => {
  for (const headers of [{}, { 'x-cluster-token': 'wrong' }, { 'x-cluster-token': `${TOKEN}x` }]) {
    for (const path of ['/cluster/join', '/cluster/heartbeat'] as const) {
      const { status, body } = await hub.call(`POST ${path}`, { body: '{', headers })
      assert.equal(status, 401)
      assert.deepEqual(Object.keys(body), ['error'])
    }
  }
  assert.equal((await hub.call('GET /cluster/info', asNode)).status, 401)
})

test('what a node says is checked', async () => {
  const bad = [
    { name: '' },
    { name: 'a b' },
    { name: 'x'.repeat(65) },
    { name: 7 },
    { ip: '300.1.1.1' },
    { ip: undefined },
    { region: 'x'.repeat(65) },
    { url: 'x'.repeat(256) },
  ]
  for (const change of bad) {
    const { status, body } = await join(change)
    assert.equal(status, 400, JSON.stringify(change))
    assert.ok(body.message[0].startsWith(Object.keys(change)[0]), JSON.stringify(body))
    assert.equal(body.statusCode, 400)
  }
  assert.equal((await join({ name: 'origin' })).status, 409)
})

test('a heartbeat keeps what was told last, and never says what an operator says', async () => {
  const { nodeId } = (await join({ name: 'beating' })).body.data
  const beat = (body: object) => hub.call('POST /cluster/heartbeat', { ...asNode, body })
  const node = async () => (await hub.call('GET /cluster/nodes')).body.data.find(({ id }: { id: string }) => id === nodeId)

  const heard = await beat({ nodeId, stats: { cpu: 0.42 } })
  assert.deepEqual([heard.status, heard.body], [200, { data: { ok: true }, error: null }])
  assert.equal((await hub.call(`PATCH /cluster/nodes/${nodeId}`, { body: { status: 'draining' } })).body.data.status, 'draining')
  assert.equal((await beat({ nodeId })).status, 200)
  assert.deepEqual([(await node()).stats, (await node()).status], [{ cpu: 0.42 }, 'draining'])

  const large = await beat({ nodeId, stats: { text: 'ü'.repeat(2_100) } })
  assert.deepEqual([large.status, Object.keys(large.body)], [413, ['error']])
  assert.deepEqual((await node()).stats, { cpu: 0.42 })
  const unknown = await beat({ nodeId: 'nobody' })
  assert.deepEqual([unknown.status, Object.keys(unknown.body)], [404, ['error']])
  for (const wrong of [{}, { nodeId: 'x'.repeat(65) }, { nodeId, stats: 'fine' }, { nodeId, stats: [1] }])
    assert.equal((await beat(wrong)).status, 400)
})

test('a node that is silent for 90 seconds is stale', async () => {
  const { nodes } = hub.server.runtime.core
  const { node } = await nodes.join({ name: 'silent', ip: '192.0.2.1' })
  assert.equal(nodes.isStale(node, Date.now() + 89_000), false)
  assert.equal(nodes.isStale(node, Date.now() + 91_000), true)
  assert.equal(nodes.isStale(nodes.get('origin'), Date.now() + 91_000), false)
})

test('an operator renames and removes nodes', async () => {
  const { nodeId } = (await join({ name: 'old-name' })).body.data
  const path = `/cluster/nodes/${nodeId}` as const
  const renamed = await hub.call(`PATCH ${path}`, { body: { name: 'new-name', region: 'us', unknown: 1 } })
  assert.deepEqual([renamed.status, renamed.body.data.name, renamed.body.data.region], [200, 'new-name', 'us'])
  assert.equal((await hub.call(`PATCH ${path}`, { body: { name: 'origin' } })).status, 409)
  assert.equal((await hub.call(`PATCH ${path}`, { body: { status: 'gone' } })).status, 400)
  assert.deepEqual((await hub.call(`DELETE ${path}`)).body, { data: { id: nodeId, deleted: true }, error: null })
  for (const method of ['PATCH', 'DELETE'] as const) {
    const gone = await hub.call(`${method} ${path}`, { body: {} })
    assert.deepEqual([gone.status, Object.keys(gone.body)], [404, ['error']])
  }
  assert.equal((await hub.call('DELETE /cluster/nodes/origin')).status, 409)
})

test('the cluster is for global callers', async () => {
  const token = await hub.appToken('live')
  for (const request of [
    'GET /cluster/info',
    'GET /cluster/nodes',
    'PATCH /cluster/nodes/origin',
    'DELETE /cluster/nodes/origin',
  ] as const) {
    assert.equal((await hub.call(request, { token })).status, 403)
    assert.equal((await hub.call(request, { token: null })).status, 401)
  }
  const { data } = (await hub.call('GET /cluster/info')).body
  assert.deepEqual([data.enabled, data.clusterToken, data.clusterRedisUrl], [true, TOKEN, 'redis://cluster-redis:6379'])
  assert.equal(data.nodesCount, (await hub.call('GET /cluster/nodes')).body.data.length)
})

test('the line that joins works in a shell', async () => {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const { data } = (await hub.call('GET /cluster/info')).body
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', `hostname() { case "$1" in -I) echo 192.0.2.7 x ;; *) echo from-shell ;; esac; }; ${data.joinCommand}`],
    {
      timeout: 10_000,
    },
  )
  assert.equal(JSON.parse(stdout).data.name, 'from-shell')
})

test('nodes are kept, and their comings are events', async () => {
  const events = hub.server.subscribe<{ nodeEvents: { change: string; node: { name: string } } }>(
    'subscription { nodeEvents { change node { name } } }',
  )
  assert.deepEqual((await events.next()).value?.nodeEvents, { change: 'PRESENT', node: { name: 'origin' } })
  await join({ name: 'late' })
  for await (const { nodeEvents } of events) if (nodeEvents.change === 'CREATED' && nodeEvents.node.name === 'late') break
  const rows = await hub.server.runtime.core.store.query.nodes.findMany()
  assert.ok(rows.some(({ name }) => name === 'late'))
  assert.ok(rows.some(({ id }) => id === 'origin'))
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../test/harness.ts'
import { flows, type PullData, pullFrom, startPulling, untilPull } from './test-ground.ts'
import { H264_B_FRAMES, TestCamera } from './test-rtsp-server.ts'
import { TestWeb } from './test-web-server.ts'

test('a camera that is away and comes back is live again, with the same tracks', { timeout: 60_000 }, async () => {
  await using runtime = await startPulling()
  const camera = await TestCamera.start()
  const { port } = camera
  await pullFrom(runtime, camera.url)
  const before = await untilPull(runtime, (one) => flows(one))
  await camera[Symbol.asyncDispose]()
  const away = await untilPull(runtime, ({ state, retries }) => state === 'RECONNECTING' && retries > 1)
  assert.match(away.lastError ?? '', /ECONNREFUSED|closed the connection/)
  await using _again = await TestCamera.start({ port })
  const packets = Math.max(...(before.participant?.tracks.map(({ stats }) => stats.packetsReceived) ?? []))
  const after = await untilPull(runtime, (one) => one.state === 'LIVE' && flows(one, 2, packets + 50))
  const ids = (pull: typeof after) => pull.participant?.tracks.map(({ id }) => id).sort()
  assert.deepEqual(ids(after), ids(before))
})

test('a camera that sends nothing more is connected to again', { timeout: 60_000 }, async () => {
  await using camera = await TestCamera.start()
  await using runtime = await startPulling({ stallTimeoutMs: 1_000 })
  await pullFrom(runtime, camera.url)
  await untilPull(runtime, (one) => flows(one))
  camera.freeze()
  const again = await untilPull(runtime, ({ retries, state }) => retries === 1 && state === 'LIVE')
  assert.equal(again.lastError, null)
  assert.equal(camera.requests.filter((request) => request.startsWith('PLAY')).length, 2)
})

test('a killed pipeline is there again within two seconds', { timeout: 60_000 }, async () => {
  await using camera = await TestCamera.start({ video: H264_B_FRAMES })
  await using runtime = await startPulling()
  await pullFrom(runtime, camera.url)
  const before = await untilPull(runtime, (one) => flows(one))
  const killed = pipelines()
  assert.equal(killed.length, 2)
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  const from = performance.now()
  // What was on its way still arrives.
  await untilPull(runtime, (one) => grew(before, one, 10))
  const there = await untilPull(runtime, () => pipelines().length === 2)
  await untilPull(runtime, (one) => grew(there, one, 10))
  assert.ok(performance.now() - from < 3_000, `it took ${performance.now() - from} ms`)
  assert.equal(pipelines().filter((pid) => killed.includes(pid)).length, 0)
})

test('what can not be pulled is said, without the password', { timeout: 60_000 }, async () => {
  await using camera = await TestCamera.start({ credentials: { user: 'admin', password: 'right' } })
  await using web = await TestWeb.start()
  await using runtime = await startPulling()
  const dead = await freePort()
  for (const [url, state, reason] of [
    [camera.url.replace('right', 'wrong1'), 'RECONNECTING', /refuses the credentials/],
    [camera.url.replace('/live', '/nowhere'), 'RECONNECTING', /nothing at this address/],
    [`rtsp://127.0.0.1:${dead}/`, 'RECONNECTING', /ECONNREFUSED/],
    [web.url('missing.m3u8'), 'RECONNECTING', /answers 404/],
    ['ftp://127.0.0.1/file', 'FAILED', /must begin with rtsp:\/\//],
    ['file:///etc/passwd', 'refused', /name a host/],
  ] as const) {
    const created = await pullFrom(runtime, url).catch((error: Error) => error)
    if (created instanceof Error) {
      assert.match(created.message, reason)
      continue
    }
    const pull = await untilPull(runtime, ({ lastError, state: now }) => lastError !== null && now === state)
    assert.match(pull.lastError ?? '', reason)
    const { ingresses } = await runtime.graphql<{ ingresses: { status: string; lastError: string }[] }>(
      '{ ingresses { status lastError } }',
    )
    assert.deepEqual([ingresses[0]?.status, ingresses[0]?.lastError], ['ERROR', pull.lastError])
    await runtime.graphql('mutation($id: ID!) { deleteIngress(id: $id) { id } }', { id: created })
    await runtime.until<{ pulls: unknown[] }>('{ pulls(app: "live") { id } }', ({ pulls }) => pulls.length === 0)
  }
  assert.ok(!runtime.log.join('').includes('wrong1'))
})

test('private addresses are refused, also behind redirects and in playlists', { timeout: 60_000 }, async () => {
  await using web = await TestWeb.start()
  web.redirects.set('moved.mp4', 'http://127.0.0.2:1/secret.mp4')
  writeFileSync(join(web.folder, 'evil.m3u8'), '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.2:1/a.ts\n#EXT-X-ENDLIST\n')
  await using camera = await TestCamera.start({ redirect: 'rtsp://10.0.0.1/live' })
  await using runtime = await startPulling({}, { ALLOW_PRIVATE_ADDRESSES: '127.0.0.1' })
  for (const url of ['rtsp://192.168.1.1/live', 'http://[::1]/a.mp4', web.url('moved.mp4'), web.url('evil.m3u8'), camera.url]) {
    const id = await pullFrom(runtime, url)
    const pull = await untilPull(runtime, ({ lastError }) => lastError !== null)
    assert.match(pull.lastError ?? '', /private network/, url)
    await runtime.graphql('mutation($id: ID!) { deleteIngress(id: $id) { id } }', { id })
    await runtime.until<{ pulls: unknown[] }>('{ pulls(app: "live") { id } }', ({ pulls }) => pulls.length === 0)
  }
})

test('further pulls wait for their turn', { timeout: 60_000 }, async () => {
  await using runtime = await startPulling({ maxPulls: 1 })
  const dead = await freePort()
  const first = await pullFrom(runtime, `rtsp://127.0.0.1:${dead}/`, 'one')
  await pullFrom(runtime, `rtsp://127.0.0.1:${dead}/`, 'two')
  type Pulls = { pulls: { room: string; state: string }[] }
  const query = '{ pulls(app: "live") { room state } }'
  await runtime.until<Pulls>(query, ({ pulls }) => pulls.find(({ room }) => room === 'live-two')?.state === 'WAITING')
  await runtime.graphql('mutation($id: ID!) { deleteIngress(id: $id) { id } }', { id: first })
  await runtime.until<Pulls>(query, ({ pulls }) => pulls.length === 1 && pulls[0]?.state === 'RECONNECTING')
})

/** Whether every track got so many packets more. */
function grew(before: PullData, after: PullData, packets: number): boolean {
  const counts = (pull: PullData) => new Map(pull.participant?.tracks.map(({ id, stats }) => [id, stats.packetsReceived]))
  return [...counts(before)].every(([id, count]) => (counts(after).get(id) ?? 0) >= count + packets)
}

/** Processes of pipelines, which are children of this process's threads. */
function pipelines(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' '))
  return children.map(Number).filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('native/host'))
}

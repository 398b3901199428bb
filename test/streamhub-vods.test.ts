import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { use } from '../plugins/kit/define-config.ts'
import type recorder from '../plugins/recorder/plugin.ts'
import { type RecordingState, recordings } from '../plugins/recorder/tables.ts'
import { PagesBrowser } from './pages-browser.ts'
import { S3Server } from './s3-server.ts'
import { Hub, type HubAnswer } from './streamhub-support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'patchbay-vods-'))
const CLIP = join(scratch, 'clip.mp4')

let hub: Hub
let folder: string
before(async () => {
  const input =
    '-f lavfi -i testsrc2=size=640x360:rate=15 -f lavfi -i sine=frequency=440 -t 6 -c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv420p'
  execFileSync('ffmpeg', [...'-v error -y'.split(' '), ...input.split(' '), ...'-c:a aac -movflags +faststart'.split(' '), CLIP])
  hub = await Hub.start({
    plugins: [use<typeof recorder>('./plugins/recorder/plugin.ts', { upload: { retryFirstMs: 50, retryMaxMs: 200 } })],
    env: { ALLOW_PRIVATE_ADDRESSES: 'true' },
  })
  folder = hub.server.runtime.core.apps.get('live').folder
  await hub.server.until<{ recordings: unknown }>('{ recordings(app: "live") { total } }', ({ recordings }) => recordings !== null)
})
after(async () => {
  await hub?.[Symbol.asyncDispose]()
  rmSync(scratch, { recursive: true, force: true })
})

type Given = { state?: RecordingState; startedAt?: number; sizeBytes?: number; room?: string; withFile?: boolean; name?: string }

/** A recording as an earlier run left it. @returns Its number. */
async function leave({
  state = 'READY',
  startedAt = Date.now(),
  sizeBytes,
  room = 'live-demo',
  withFile = true,
  name = randomUUID(),
}: Given = {}) {
  const file = `${name}.mp4`
  mkdirSync(join(folder, 'recordings'), { recursive: true })
  if (withFile) copyFileSync(CLIP, join(folder, 'recordings', file))
  const client = createClient({ url: `file:${join(folder, 'app.db')}`, timeout: 5_000 })
  const db = drizzle(client, { schema: { recordings } })
  const row: typeof recordings.$inferInsert = {
    id: `EG_${name}`,
    session: randomUUID(),
    part: 0,
    splitMinutes: 0,
    snapshotSeconds: 0,
    stream: `${room}/camera-1`,
    room,
    identity: 'camera-1',
    mode: 'PARTICIPANT',
    state,
    name,
    file: withFile ? file : null,
    format: 'mp4',
    codec: 'h264',
    sizeBytes: sizeBytes ?? statSync(CLIP).size,
    durationMs: 6_000,
    widthPx: 640,
    heightPx: 360,
    startedAt: new Date(startedAt),
    endedAt: new Date(startedAt + 6_000),
  }
  const [inserted] = await db.insert(recordings).values(row).returning()
  client.close()
  return inserted?.number ?? 0
}

type Gone = { recording: { file: string | null } | null }

const get = (path: string, headers: Record<string, string> = {}): Promise<HubAnswer> => hub.call(`GET /apps/live/vods${path}`, { headers })

async function raw(id: number, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  const { createToken } = await hub.server.graphql<{ createToken: { secret: string } }>(
    'mutation { createToken(name: "reader", grants: [OBSERVE], app: "live") { secret } }',
  )
  return fetch(`${hub.server.url}/api/v1/apps/live/vods/${id}/raw`, {
    method,
    headers: { authorization: `Bearer ${createToken.secret}`, ...headers },
  })
}

test('every key of a row is there, and a recording that is here is read with a token', async () => {
  const id = await leave({ name: 'live-demo-camera-1-1000' })
  const { status, body } = await get(`/${id}`)
  assert.equal(status, 200)
  const { metatagsJson, startedAt, endedAt, sizeBytes, ...row } = body.data
  assert.deepEqual(row, {
    id,
    appId: hub.server.runtime.core.apps.get('live').number,
    streamId: 'live-demo/camera-1',
    room: 'live-demo',
    name: 'live-demo-camera-1-1000.mp4',
    fileKey: null,
    s3Url: null,
    publicUrl: null,
    snapshotKey: null,
    localPath: 'live-demo-camera-1-1000.mp4',
    durationS: 6,
    width: 640,
    height: 360,
    format: 'mp4',
    status: 'ready',
    url: `${hub.server.url}/api/v1/apps/live/vods/${id}/raw`,
    presignedUrl: null,
    adaptive: null,
    variants: [],
  })
  assert.equal(sizeBytes, statSync(CLIP).size)
  assert.match(`${startedAt} ${endedAt}`, /^\d{4}-.*Z \d{4}-.*Z$/)
  const { sessionId, ...tags } = JSON.parse(metatagsJson)
  assert.ok(sessionId)
  assert.deepEqual(tags, {
    egressId: 'EG_live-demo-camera-1-1000',
    mode: 'participant',
    room: 'live-demo',
    app: 'live',
    splitMinutes: 0,
    snapshotSeconds: 0,
    partIndex: 0,
    isPart: false,
    durationS: 6,
    width: 640,
    height: 360,
    codec: 'h264',
  })
  const download = await get(`/${id}/download`)
  assert.deepEqual(download.body, {
    data: { url: body.data.url, filename: `live-demo-camera-1-1000-${id}.mp4`, expiresInSeconds: null },
    error: null,
  })
})

test('a file is read whole, by ranges, and not again when it is known', async () => {
  const id = await leave({ name: 'ranged' })
  const bytes = readFileSync(CLIP)
  const whole = await raw(id)
  assert.equal(whole.status, 200)
  assert.equal(whole.headers.get('content-type'), 'video/mp4')
  assert.equal(whole.headers.get('content-disposition'), `attachment; filename="ranged-${id}.mp4"`)
  assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes))

  const part = await raw(id, { range: 'bytes=100-199' })
  assert.equal(part.status, 206)
  assert.equal(part.headers.get('content-range'), `bytes 100-199/${bytes.length}`)
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200)))
  const tail = await raw(id, { range: 'bytes=-50' })
  assert.ok(Buffer.from(await tail.arrayBuffer()).equals(bytes.subarray(-50)))
  const open = await raw(id, { range: `bytes=${bytes.length - 10}-` })
  assert.equal((await open.arrayBuffer()).byteLength, 10)

  const beyond = await raw(id, { range: `bytes=${bytes.length}-` })
  assert.equal(beyond.status, 416)
  assert.equal(beyond.headers.get('content-range'), `bytes */${bytes.length}`)
  for (const range of ['bytes=5-1', 'bytes=-', 'lines=1-2', 'bytes=0-1,5-6'])
    assert.equal((await raw(id, { range })).status, 200, `${range} is ignored`)

  const etag = whole.headers.get('etag') ?? ''
  assert.equal((await raw(id, { 'if-none-match': etag })).status, 304)
  assert.equal((await raw(id, { range: 'bytes=0-9', 'if-range': etag })).status, 206)
  assert.equal((await raw(id, { range: 'bytes=0-9', 'if-range': '"another"' })).status, 200)
  const head = await raw(id, {}, 'HEAD')
  assert.equal(head.headers.get('content-length'), String(bytes.length))
  assert.equal(await head.text(), '')
})

test('refusals are told as everywhere in this API', async () => {
  const running = await leave({ state: 'FAILED', withFile: false })
  const gone = await leave({ withFile: false })
  const statuses = async (path: string, token?: string | null) =>
    (await hub.call(`GET /apps/live/vods/${path}`, token === undefined ? {} : { token })).body
  assert.equal((await statuses(`${running}/raw`)).statusCode, 409)
  assert.equal((await statuses(`${running}/download`)).statusCode, 409)
  assert.equal((await statuses(`${gone}/raw`)).statusCode, 404)
  assert.equal((await statuses(`${gone}/download`)).statusCode, 404)
  assert.equal((await statuses('abc/raw')).statusCode, 400)
  assert.equal((await statuses('abc')).statusCode, 400)
  assert.equal((await statuses('999999')).statusCode, 404)
  assert.equal((await statuses('999999/raw')).statusCode, 404)
  assert.equal((await statuses(`${gone}/raw`, null)).statusCode, 401)
  assert.equal((await statuses(`${gone}/raw`, 'sk_wrong')).statusCode, 401)
  assert.equal((await hub.call('GET /apps/nowhere/vods')).status, 404)
  await hub.call('POST /apps', { body: { name: 'acme' } })
  const stranger = await hub.appToken('acme')
  assert.equal((await statuses(`${gone}/raw`, stranger)).statusCode, 403)
  assert.equal((await hub.call(`POST /apps/live/vods/${gone}/probe`)).status, 404)
})

test('lists are filtered, ordered and paged', async () => {
  const at = (day: number) => Date.UTC(2024, 0, day)
  const ids: number[] = []
  for (const [day, sizeBytes] of [
    [1, 30],
    [2, 10],
    [3, 20],
  ] as const)
    ids.push(await leave({ room: 'live-listed', startedAt: at(day), sizeBytes, withFile: false, state: day === 3 ? 'FAILED' : 'READY' }))
  const list = async (query: string) => (await get(`?room=live-listed&${query}`)).body
  const numbers = async (query: string) => (await list(query)).data.map(({ id }: { id: number }) => ids.indexOf(id))
  assert.deepEqual(await numbers(''), [2, 1, 0])
  assert.deepEqual(await numbers('order=size_bytes&dir=asc'), [1, 2, 0])
  assert.deepEqual(await numbers('order=started_at&dir=asc'), [0, 1, 2])
  assert.deepEqual(await numbers('status=failed'), [2])
  assert.deepEqual(await numbers('since=2024-01-02T00:00:00Z'), [2, 1])
  assert.deepEqual(await numbers('until=2024-01-02'), [1, 0])
  const { data, ...page } = await list('limit=1&offset=1')
  assert.deepEqual([page, data.length], [{ total: 3, limit: 1, offset: 1, error: null }, 1])
  assert.deepEqual((await list('limit=0')).limit, 1)
  assert.deepEqual((await list('limit=99999&offset=-3')).limit, 1000)
  const all = await list('all=true&limit=1&offset=2')
  assert.deepEqual([all.limit, all.offset, all.data.length], [3, 0, 3])
  assert.deepEqual((await get('?room=live-other')).body, { data: [], total: 0, limit: 200, offset: 0, error: null })
  for (const query of ['status=nope', 'order=name', 'dir=up', 'limit=abc', 'since=yesterday', `room=${'x'.repeat(201)}`]) {
    const { status, body } = await get(`?${query}`)
    assert.equal(status, 400, query)
    assert.ok(Array.isArray(body.message))
  }
})

test('the page plays a recording for whoever has its link, and seeks by its pictures', { timeout: 40_000 }, async () => {
  const id = await leave({ name: 'shown', state: 'UPLOADING' })
  await hub.server.graphql('mutation { restartPlugin(name: "recorder") { name } }')
  type Shown = { recording: { playbackUrl: string | null; variants: { state: string }[] } | null }
  const isShown = ({ recording }: Shown) => recording?.playbackUrl != null && recording.variants[0]?.state === 'READY'
  const query = `{ recording(app: "live", id: "${id}") { playbackUrl variants { state } } }`
  const { recording } = await hub.server.until<Shown>(query, isShown, 20_000)
  await using browser = await PagesBrowser.open()
  const page = await browser.page(hub.server.url + recording?.playbackUrl)
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 1)
  await page.waitForSelector('#strip:not([hidden])')
  await page.hover('#strip')
  await page.waitForSelector('#preview:not([hidden])')
  await page.click('#strip')
  await page.waitForFunction(() => Math.abs((document.querySelector('video')?.currentTime ?? 0) - 3) < 0.5)

  const stranger = await browser.page(`${hub.server.url}/vod/live/${id}#pass=zzzzzz.nonsense`)
  await stranger.waitForSelector('#token:not([hidden])')
})

test('probing reads what a row does not know', async () => {
  const id = await leave({ name: 'probed' })
  const { status, body } = await hub.call(`POST /apps/live/vods/${id}/probe`)
  assert.equal(status, 201)
  assert.deepEqual([body.data.probed, body.data.width, Math.round(body.data.durationS), body.error], [true, 640, 6, null])
})

test('a recording is deleted with its file, once', async () => {
  const id = await leave({ name: 'deleted' })
  const gone = await hub.call(`DELETE /apps/live/vods/${id}`)
  assert.deepEqual([gone.status, gone.body], [200, { data: { id, deleted: true, s3Deleted: 0, localDeleted: true }, error: null }])
  assert.equal((await hub.call(`DELETE /apps/live/vods/${id}`)).status, 404)
})

test('what is uploaded is seen by links, its renditions with it, and deleted there too', { timeout: 60_000 }, async () => {
  await using s3 = await S3Server.start({ checksums: true })
  assert.equal((await hub.call('PUT /apps/live/s3', { body: s3.settings })).status, 200)
  const vodRenditions = [240, 144].map((height) => ({ height, bitrateKbps: 200 }))
  const transcoding = { transcodingEnabled: true, vodAdaptive: true, vodRenditions }
  assert.equal((await hub.call('PATCH /apps/live/config', { body: transcoding })).status, 200)
  const id = await leave({ name: 'kept', state: 'UPLOADING' })
  await hub.server.graphql('mutation { restartPlugin(name: "recorder") { name } }')
  const vod = async () => (await get(`/${id}`)).body?.data
  // What is uploaded leaves this machine once everything is made of it and uploaded as well.
  const isGone = ({ recording }: Gone) => recording?.file === null
  await hub.server.until<Gone>(`{ recording(app: "live", id: "${id}") { file state error variants { kind state error } } }`, isGone, 30_000)
  const found = await vod()

  assert.deepEqual([found.status, found.fileKey], ['ready', 'streamhub/live/kept.mp4'])
  assert.equal(found.url, found.presignedUrl)
  assert.ok(Buffer.from(await (await fetch(found.url)).arrayBuffer()).equals(readFileSync(CLIP)))
  assert.deepEqual(
    found.variants.map(({ kind, format, height, key, url }: Record<string, unknown>) => [kind, format, height, key, typeof url]),
    [
      ['rendition', 'hls-h264', 240, 'streamhub/live/kept/240p/index.m3u8', 'object'],
      ['rendition', 'hls-h264', 144, 'streamhub/live/kept/144p/index.m3u8', 'object'],
      ['master', 'hls', null, 'streamhub/live/kept/master.m3u8', 'string'],
    ],
  )
  assert.deepEqual(found.adaptive?.masterKey, 'streamhub/live/kept/master.m3u8')
  // A player follows the playlist of a private bucket through this server.
  const asked = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', found.adaptive.masterUrl]
  const { stdout } = await promisify(execFile)('ffprobe', asked, { timeout: 20_000 })
  assert.equal(Math.round(Number(stdout)), 6)
  const { hlsMasterKey, variantCount, variantsError } = JSON.parse(found.metatagsJson)
  assert.deepEqual([hlsMasterKey, variantCount, variantsError], ['streamhub/live/kept/master.m3u8', 3, null])

  const download = (await get(`/${id}/download`)).body.data
  assert.deepEqual([download.filename, download.expiresInSeconds], [`kept-${id}.mp4`, 3600])
  const saved = await fetch(download.url)
  assert.equal(saved.headers.get('content-disposition'), `attachment; filename="kept-${id}.mp4"`)
  assert.equal((await raw(id, { range: 'bytes=0-9' })).status, 206)
  assert.equal((await hub.call(`POST /apps/live/vods/${id}/probe`)).body.data.probed, true)

  assert.equal(
    (await hub.call('PUT /apps/live/s3', { body: { public_url: 'https://cdn.example.org/v', confirmPublic: true } })).status,
    200,
  )
  const open = await vod()
  assert.equal(open.url, 'https://cdn.example.org/v/streamhub/live/kept.mp4')
  assert.equal(open.adaptive.masterUrl, 'https://cdn.example.org/v/streamhub/live/kept/master.m3u8')

  const objects = (await s3.keys()).length
  assert.ok(objects >= 8, String(await s3.keys()))
  await s3.down()
  assert.equal((await hub.call(`DELETE /apps/live/vods/${id}`)).status, 503)
  await s3.up()
  const gone = await hub.call(`DELETE /apps/live/vods/${id}`)
  assert.deepEqual([gone.body.data.s3Deleted, gone.body.data.localDeleted], [objects, false])
  assert.deepEqual(await s3.keys(), [])
})

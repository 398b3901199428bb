import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type recorder from '../plugins/recorder/plugin.ts'
import type rtmp from '../plugins/rtmp/plugin.ts'
import { Ffmpeg } from '../plugins/rtmp/test-encoders.ts'
import { readEnv } from '../runtime/config/env.ts'
import { TestRuntime } from './harness.ts'
import { S3Server } from './s3-server.ts'

type Listed = { name: string; size: number; modTime: string; url: string }

/** A server that records as go-live's variables say. */
async function start(env: Record<string, string>, folder?: string): Promise<TestRuntime> {
  const plugins = [
    use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0 }),
    use<typeof recorder>('./plugins/recorder/plugin.ts', {
      graceMs: 300,
      always: env.RECORD_ENABLED === '1' ? ['live'] : [],
      folders: folder === undefined ? {} : { live: folder },
    }),
  ]
  const server = await TestRuntime.start({ plugins, env })
  await server.until<{ recordFiles: unknown }>('{ recordFiles(app: "live") { name } }', ({ recordFiles }) => recordFiles !== null)
  return server
}

async function listed({ url }: TestRuntime, headers: Record<string, string> = {}): Promise<Listed[]> {
  return (await (await fetch(`${url}/api/records`, { headers })).json()) as Listed[]
}

test('the files of the folder are listed, newest first, and served whole and by ranges', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-records-'))
  const write = (name: string, seconds: number, bytes = 'x') => {
    writeFileSync(join(folder, name), bytes)
    utimesSync(join(folder, name), seconds, seconds)
  }
  write('b.IVF', 1_710_074_096.7, '0123456789')
  write('a.ogg', 1_710_074_096.1)
  write('new film.mp4', 1_710_074_100)
  write('notes.txt', 1_710_074_200)
  write('running-1.s000.mkv', 1_710_074_300)
  mkdirSync(join(folder, 'sub.ogg'))
  await using server = await start({}, folder)
  assert.deepEqual(await listed(server), [
    { name: 'new film.mp4', size: 1, modTime: '2024-03-10T12:35:00Z', url: '/records/new%20film.mp4' },
    { name: 'a.ogg', size: 1, modTime: '2024-03-10T12:34:56Z', url: '/records/a.ogg' },
    { name: 'b.IVF', size: 10, modTime: '2024-03-10T12:34:56Z', url: '/records/b.IVF' },
  ])
  const get = (path: string, init: RequestInit = {}) => fetch(server.url + path, { redirect: 'manual', ...init })
  const whole = await get('/records/b.IVF')
  assert.deepEqual(
    [whole.status, whole.headers.get('last-modified'), await whole.text()],
    [200, 'Sun, 10 Mar 2024 12:34:56 GMT', '0123456789'],
  )
  const part = await get('/records/b.IVF', { headers: { range: 'bytes=2-4' } })
  assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, 'bytes 2-4/10', '234'])
  const head = await get('/records/b.IVF', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', ''])
  assert.equal((await get('/records/new%20film.mp4')).status, 200)
  for (const path of [
    '/records/',
    '/records/none.ivf',
    '/records/notes.txt',
    '/records/..%2Fapp.db',
    '/records/sub.ogg',
    '/records/../app.db',
  ])
    assert.equal((await get(path)).status, 404, path)
  rmSync(folder, { recursive: true })
})

test('records are for administrators where there are any', async () => {
  await using server = await start({ ADMIN_TOKEN: 'boss' })
  const status = async (path: string, headers: Record<string, string> = {}) => (await fetch(server.url + path, { headers })).status
  assert.equal(await status('/api/records'), 401)
  assert.equal(await status('/records/a.ogg'), 401)
  const boss = { authorization: 'Bearer boss' }
  assert.equal(await status('/api/records', boss), 200)
  assert.equal(await status('/records/a.ogg', boss), 404)
})

test('whoever publishes is recorded and uploaded, as the variables say', { timeout: 60_000 }, async () => {
  await using s3 = await S3Server.start()
  await using server = await start({
    RECORD_ENABLED: '1',
    UPLOAD_RECORDINGS: '1',
    S3_ENDPOINT: new URL(s3.url).host,
    S3_USE_SSL: '0',
    S3_PATH_STYLE: '1',
    S3_BUCKET: s3.settings.bucket,
    S3_ACCESS_KEY: s3.settings.key,
    S3_SECRET_KEY: s3.settings.secret,
    S3_PREFIX: '/films/',
    ALLOW_PRIVATE_ADDRESSES: 'true',
  })
  const bootstrap = (await (await fetch(`${server.url}/api/bootstrap`)).json()) as { recordEnabled: boolean }
  assert.equal(bootstrap.recordEnabled, true)
  const { rtmpServer } = await server.until<{ rtmpServer: { port: number } | null }>(
    '{ rtmpServer { port } }',
    (data) => data.rtmpServer !== null,
  )
  await using encoder = new Ffmpeg(`rtmp://127.0.0.1:${rtmpServer?.port}/live/demo`)
  type Rows = { recordings: { nodes: { state: string; objectKey: string | null; segments: { sizeBytes: number }[] }[] } }
  const rows = '{ recordings(app: "live") { nodes { state objectKey segments { sizeBytes } } } }'
  await server.until<Rows>(
    rows,
    ({ recordings: { nodes } }) => nodes[0]?.segments.some(({ sizeBytes }) => Number(sizeBytes) > 50_000) ?? false,
    20_000,
  )
  await encoder.stop()
  const done = await server.until<Rows>(rows, ({ recordings: { nodes } }) => nodes[0]?.state === 'READY', 20_000)
  assert.match(done.recordings.nodes[0]?.objectKey ?? '', /^films\/live-demo-.*\.mp4$/)
  assert.ok((await s3.keys()).includes(done.recordings.nodes[0]?.objectKey ?? ''))
  // It is not deleted here unless that is asked for.
  const [file] = await listed(server)
  assert.equal((await fetch(server.url + file?.url)).headers.get('content-type'), 'video/mp4')
})

test('uploading needs to know where', () => {
  assert.throws(
    () => readEnv({ UPLOAD_RECORDINGS: '1', S3_BUCKET: 'b' }),
    (error: { details?: { issues?: { name: string }[] } }) => {
      assert.deepEqual(
        error.details?.issues?.map(({ name }) => name),
        ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'],
      )
      return true
    },
  )
})

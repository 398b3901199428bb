import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { freePort, TEST_TOKEN } from '../../../test/harness.ts'
import { S3Server } from '../../../test/s3-server.ts'
import { recordings } from '../tables.ts'

/** The server as an operator runs it, on data that is there already. */
async function startServer(t: TestContext, dataDir: string, env: Record<string, string>) {
  const port = await freePort()
  const own = { PORT: String(port), RTMP_PORT: '0', RTC_PORT: '0', WORKERS: '1', DATA_DIR: dataDir, STUN_URLS: 'none' }
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../../runtime/main.ts', import.meta.url))], {
    env: { ...process.env, ...own, ...env, PATCHBAY_API_TOKEN: TEST_TOKEN },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.after(kill)
  const until = async (query: string, isReached: (data: Data) => boolean): Promise<Data> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await wait(100)) {
      const body = JSON.stringify({ query })
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${TEST_TOKEN}` }
      const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body }).catch(() => undefined)
      const { data } = answer ? ((await answer.json()) as { data?: Data }) : {}
      if (data?.recordings && isReached(data)) return data
    }
    throw new Error('not reached')
  }
  return { until, kill }
}

type Data = { recordings: { nodes: { state: string; objectKey: string | null; file: string | null }[] } | null }
const ROWS = '{ recordings(app: "live") { nodes { state objectKey file } } }'

test('kill -9 of the whole server in the middle of an upload', { timeout: 90_000 }, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'patchbay-upload-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  await using s3 = await S3Server.start({ checksums: true })
  const { bucket, key, secret } = s3.settings
  const storage = { S3_ENDPOINT: new URL(s3.url).host, S3_BUCKET: bucket, S3_ACCESS_KEY: key, S3_SECRET_KEY: secret }
  const env = { ...storage, UPLOAD_RECORDINGS: '1', S3_USE_SSL: '0', S3_PATH_STYLE: '1', ALLOW_PRIVATE_ADDRESSES: 'true' }
  const clip = join(dataDir, 'clip.mp4')
  const noise =
    '-v error -y -f lavfi -i nullsrc=size=1280x720:rate=30,geq=random(1)*255:128:128 -t 1 -c:v libx264 -preset ultrafast -qp 0 -pix_fmt yuv420p'
  execFileSync('ffmpeg', [...noise.split(' '), clip])
  assert.ok(statSync(clip).size > 20 << 20, 'it takes three parts')

  const zero = await startServer(t, dataDir, env)
  await zero.until(ROWS, () => true)
  await zero.kill()
  const folder = join(dataDir, 'apps/live')
  mkdirSync(join(folder, 'recordings'), { recursive: true })
  copyFileSync(clip, join(folder, 'recordings/large.mp4'))
  const client = createClient({ url: `file:${join(folder, 'app.db')}` })
  const row = { id: 'EG_large', session: 's', part: 0, splitMinutes: 0, snapshotSeconds: 0, stream: 'live-yard/a', room: 'live-yard' }
  const more = { identity: 'a', mode: 'PARTICIPANT', state: 'UPLOADING', name: 'large', file: 'large.mp4', format: 'mp4' } as const
  await drizzle(client)
    .insert(recordings)
    .values({ ...row, ...more, startedAt: new Date(), endedAt: new Date() })
  client.close()

  const { promise: inTheMiddle, resolve } = Promise.withResolvers<void>()
  s3.intercept = ({ url }) => {
    const isSecond = /partNumber=2/.test(url ?? '')
    if (isSecond) resolve()
    return isSecond
  }
  const first = await startServer(t, dataDir, env)
  await inTheMiddle
  await first.kill()
  assert.equal((await s3.uploads()).length, 1)
  s3.intercept = undefined

  const second = await startServer(t, dataDir, env)
  const { recordings: list } = await second.until(ROWS, (data) => data.recordings?.nodes[0]?.state === 'READY')
  assert.deepEqual(list?.nodes, [{ state: 'READY', objectKey: 'large.mp4', file: 'large.mp4' }])
  assert.ok(readFileSync(s3.fileOf('large.mp4')).equals(readFileSync(clip)))
  assert.deepEqual(await s3.uploads(), [])
})

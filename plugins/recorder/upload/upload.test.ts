import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { migrate } from 'drizzle-orm/libsql/migrator'
import type { S3Access } from '../../../core/app/s3.ts'
import { Turns } from '../../../core/kernel/turns.ts'
import { S3Server } from '../../../test/s3-server.ts'
import type { RecordingDatabase } from '../store.ts'
import * as tables from '../tables.ts'
import { Bucket } from './bucket.ts'
import { UploadQueue } from './upload-queue.ts'
import { queuedUploads, queueUpload } from './upload-rows.ts'

const PART = 5 << 20
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent } as never

function accessTo({ settings }: S3Server, change: Partial<S3Access> = {}): S3Access {
  const { key: accessKeyId, secret: secretAccessKey, ...where } = settings
  return { ...where, provider: 'minio', prefix: 'vods', publicUrl: '', accessKeyId, secretAccessKey, ...change }
}

/** A queue of an app, and what came of it. */
async function shop(s3: S3Server, { access = accessTo(s3), folder }: { access?: S3Access; folder?: string } = {}) {
  const at = folder ?? (await mkdtemp(join(tmpdir(), 'patchbay-uploads-')))
  const client = createClient({ url: `file:${join(at, 'app.db')}` })
  const db = drizzle(client, { schema: tables }) as unknown as RecordingDatabase
  await migrate(db as never, { migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
  const told: string[] = []
  let tell = () => {}
  const say = async (what: string) => {
    told.push(what)
    tell()
  }
  const until = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) await new Promise<void>((resolve) => (tell = resolve))
  }
  const settings: { access: S3Access | undefined } = { access }
  const buckets: Bucket[] = []
  const queue = new UploadQueue({
    app: 'live',
    db,
    folder: at,
    config: { atOnce: 2, partBytes: PART, retryFirstMs: 10, retryMaxMs: 50 },
    slots: new Turns(2),
    log: silent,
    bucket: async () => {
      if (!settings.access) return undefined
      const bucket = new Bucket(settings.access, lookup)
      buckets.push(bucket)
      return bucket
    },
    uploaded: ({ file }) => say(`uploaded ${file}`),
    done: async () => {},
    heldUp: ({ file }, error) => say(`held up ${file}: ${error}`),
    lost: ({ file }) => say(`lost ${file}`),
  })
  const add = async (file: string, bytes: Buffer | undefined, recording = 1) => {
    if (bytes) await writeFile(join(at, file), bytes)
    await queueUpload(db, { recording, file, key: `vods/${file}` })
    queue.wake()
  }
  const close = async () => {
    await queue.close()
    for (const bucket of buckets) bucket.close()
    client.close()
  }
  const dispose = async () => {
    await close()
    await rm(at, { recursive: true, force: true })
  }
  return { db, queue, folder: at, told, until, add, settings, close, [Symbol.asyncDispose]: dispose }
}

for (const checksums of [true, false]) {
  test(`small and large files arrive as they are, ${checksums ? 'checksums' : 'hashes'} compared`, { timeout: 20_000 }, async () => {
    await using s3 = await S3Server.start({ checksums })
    await using one = await shop(s3)
    const small = randomBytes(100_000)
    const large = randomBytes(2 * PART + 12_345)
    await one.add('small.mp4', small)
    await one.add('large.mp4', large, 2)
    await one.until(() => one.told.length === 2)
    assert.deepEqual(one.told, ['uploaded small.mp4', 'uploaded large.mp4'])
    assert.ok((await readFile(s3.fileOf('vods/small.mp4'))).equals(small))
    assert.ok((await readFile(s3.fileOf('vods/large.mp4'))).equals(large))
    assert.equal(s3.requests.filter((request) => /PUT .*large.mp4.*partNumber=/.test(request)).length, 3)
    assert.deepEqual(await queuedUploads(one.db), [])
  })

  test(`an object that is damaged on its way is sent again, found by ${checksums ? 'checksum' : 'hash'}`, { timeout: 20_000 }, async () => {
    await using s3 = await S3Server.start({ checksums })
    await using one = await shop(s3)
    let damaged = false
    s3.intercept = async ({ method }, response) => {
      if (method !== 'HEAD' || damaged) return false
      damaged = true
      response.writeHead(200, {
        etag: '"0123456789abcdef0123456789abcdef"',
        'content-length': 1000,
        ...(checksums && { 'x-amz-checksum-sha256': 'AAAA' }),
      })
      response.end()
      return true
    }
    await one.add('a.mp4', randomBytes(1_000))
    await one.until(() => one.told.includes('uploaded a.mp4'))
    assert.match(one.told[0] ?? '', /held up a.mp4: the object is not what was sent/)
  })
}

test('an outage costs nothing: the queue goes on when the server is back', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  await using one = await shop(s3)
  await s3.down()
  for (const file of ['a.mp4', 'b.mp4', 'c.mp4']) await one.add(file, randomBytes(10_000))
  await one.until(() => one.told.length > 8)
  assert.ok(
    one.told.every((what) => /held up .*ECONNREFUSED/.test(what)),
    one.told[0],
  )
  await s3.up()
  await one.until(() => one.told.filter((what) => what.startsWith('uploaded')).length === 3)
  assert.deepEqual(await s3.keys(), ['vods/a.mp4', 'vods/b.mp4', 'vods/c.mp4'])
})

test('what is wrong with the settings is told, and put right it goes on', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  await using one = await shop(s3, { access: accessTo(s3, { secretAccessKey: 'wrong' }) })
  await one.add('a.mp4', randomBytes(1_000))
  await one.until(() => one.told.length > 0)
  assert.match(one.told[0] ?? '', /SignatureDoesNotMatch/)
  one.settings.access = accessTo(s3, { bucket: 'nowhere' })
  await one.until(() => /NoSuchBucket/.test(one.told.at(-1) ?? ''))
  one.settings.access = undefined
  await one.until(() => /the app has no bucket/.test(one.told.at(-1) ?? ''))
  assert.ok((await queuedUploads(one.db))[0]?.error)
  one.settings.access = accessTo(s3)
  one.queue.retry()
  await one.until(() => one.told.includes('uploaded a.mp4'))
})

test('what an earlier run began is ended, and what it left in the bucket is taken away', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  const first = await shop(s3)
  const bytes = randomBytes(3 * PART)
  // The server falls silent after the first part, and the process ends without a word.
  s3.intercept = ({ url }) => /partNumber=2|uploadId=.*DELETE/.test(url ?? '') || false
  const started = new Promise<void>((resolve) => {
    const { intercept } = s3
    s3.intercept = (request, response) => {
      if (request.method === 'DELETE') return true
      if (/partNumber=2/.test(request.url ?? '')) resolve()
      return intercept?.(request, response) ?? false
    }
  })
  await first.add('a.mp4', bytes)
  await started
  // The first part is on its way to the disk while the second is asked for.
  while ((await s3.uploads()).length === 0) await delay(10)
  await s3.down()
  await first.close()
  assert.equal((await s3.uploads()).length, 1)

  s3.intercept = undefined
  await s3.up()
  await using second = await shop(s3, { folder: first.folder })
  await second.until(() => second.told.length > 0)
  assert.deepEqual(second.told, ['uploaded a.mp4'])
  assert.ok((await readFile(s3.fileOf('vods/a.mp4'))).equals(bytes))
  while ((await s3.uploads()).length > 0) await delay(10)
})

test('a file that is gone is no reason to wait for the others', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  await using one = await shop(s3)
  await one.add('gone.mp4', undefined)
  await one.add('here.mp4', randomBytes(10))
  await one.until(() => one.told.length === 2)
  assert.deepEqual(one.told, ['lost gone.mp4', 'uploaded here.mp4'])
})

test('an empty file and one that shrinks meanwhile', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  await using one = await shop(s3)
  await one.add('empty.mp4', Buffer.alloc(0))
  await one.until(() => one.told.length === 1)
  assert.deepEqual(one.told, ['uploaded empty.mp4'])
  await writeFile(join(one.folder, 'b.mp4'), randomBytes(100))
  await truncate(join(one.folder, 'b.mp4'), 10)
  await one.add('b.mp4', undefined)
  await one.until(() => one.told.length === 2)
  assert.equal((await readFile(s3.fileOf('vods/b.mp4'))).length, 10)
})

test('objects are deleted with all that lies below a name, and links lead to what there is', { timeout: 20_000 }, async () => {
  await using s3 = await S3Server.start()
  await using one = await shop(s3)
  for (const file of ['a.mp4', 'b.mp4']) await one.add(file, randomBytes(1_000))
  await one.until(() => one.told.length === 2)
  const bucket = new Bucket(accessTo(s3), lookup)
  const link = await bucket.link('vods/a.mp4', 60, 'clip-1.mp4')
  const answer = await fetch(link, { headers: { range: 'bytes=10-19' } })
  assert.equal(answer.status, 206)
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="clip-1.mp4"')
  assert.equal((await answer.arrayBuffer()).byteLength, 10)
  assert.equal((await fetch(link.replace(/X-Amz-Signature=.{8}/, 'X-Amz-Signature=00000000'))).status, 403)
  assert.equal(await bucket.delete(['vods/a.mp4'], ['vods/a/', 'vods/b']), 2)
  assert.deepEqual(await s3.keys(), [])
  bucket.close()
})

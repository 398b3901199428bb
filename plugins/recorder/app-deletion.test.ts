import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { TEST_TOKEN } from '../../test/harness.ts'
import { S3Server } from '../../test/s3-server.ts'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { RecorderGround } from './test-ground.ts'

async function remove({ server }: RecorderGround, query: string): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${TEST_TOKEN}` }
  const response = await fetch(`${server.url}/api/v1/apps/shop${query}`, { method: 'DELETE', headers })
  return { status: response.status, body: await response.json() }
}

test('an app is deleted with the objects of its recordings, or not at all', { timeout: 60_000 }, async () => {
  await using s3 = await S3Server.start({ checksums: true })
  await using ground = await RecorderGround.start({}, { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } })
  const { core } = ground.server.runtime
  ground.app = 'shop'
  const app = await core.apps.create('shop')
  await core.apps.updateS3('shop', { ...s3.settings, provider: 'minio' })
  await using camera = new Ffmpeg(`${ground.rtmpUrl}/shop/yard`)
  await ground.publisher()
  const first = await ground.record({ snapshotSeconds: 1 })
  await ground.grown(first, 200_000)
  await ground.stop(first)
  await ground.settled(first, 20_000)
  const running = await ground.record()
  await ground.grown(running, 100_000)
  const objects = await s3.keys()
  assert.ok(objects.some((key) => key.endsWith('.mp4')) && objects.some((key) => key.includes('snapshots/')), objects.join())

  await s3.down()
  assert.equal((await remove(ground, '?deleteVods=true')).status, 503)
  assert.ok(core.apps.find('shop'), 'it is still there')
  assert.deepEqual(await s3.keys(), objects)
  assert.ok((await ground.rows()).some(({ id }) => id === first.id))
  // What ran goes on as soon as its source is back.
  await camera.stop()
  await using again = new Ffmpeg(`${ground.rtmpUrl}/shop/yard`)
  await ground.grown(running, 200_000)

  await s3.up()
  await again.stop()
  const { status, body } = await remove(ground, '?deleteVods=true')
  assert.deepEqual([status, body], [200, { deleted: true, name: 'shop' }])
  assert.deepEqual(await s3.keys(), [])
  assert.equal(existsSync(app.folder), false)
  const { tasks } = await ground.server.graphql<{ tasks: { type: string }[] }>('{ tasks { type } }')
  assert.equal(tasks.filter(({ type }) => type === 'RECORDING').length, 0)
})

test('recordings that are to stay do so, with their objects', { timeout: 60_000 }, async () => {
  await using s3 = await S3Server.start()
  await using ground = await RecorderGround.start({}, { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } })
  const { core } = ground.server.runtime
  ground.app = 'shop'
  await core.apps.create('shop')
  await core.apps.updateS3('shop', { ...s3.settings, provider: 'minio' })
  await using camera = new Ffmpeg(`${ground.rtmpUrl}/shop/yard`)
  await ground.publisher()
  const first = await ground.record()
  await ground.grown(first, 100_000)
  await ground.stop(first)
  await ground.settled(first, 20_000)
  await camera.stop()
  const objects = await s3.keys()
  assert.equal((await remove(ground, '')).status, 200)
  assert.deepEqual(await s3.keys(), objects)
  await core.apps.create('shop')
  await ground.server.until<{ recordings: { total: number } | null }>(
    '{ recordings(app: "shop") { total } }',
    ({ recordings }) => recordings?.total === 1,
  )
})

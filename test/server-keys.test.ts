import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { ServerKeys } from '../core/access/server-keys.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = () => join(folder, 'secrets.json')

test('the first start makes keys that only the owner may read, and the next one has them again', async () => {
  const first = await ServerKeys.load(folder)
  assert.equal((await stat(path())).mode & 0o777, 0o600)
  assert.match(first.liveKit.apiKey, /^API[0-9a-f]{18}$/)
  assert.ok(first.liveKit.apiSecret.length >= 43)

  const second = await ServerKeys.load(folder)
  assert.deepEqual(second.liveKit, first.liveKit)
  assert.equal(second.unseal(first.seal('a stream key')), 'a stream key')
})

test('a LiveKit key that is named wins', async () => {
  const named = { apiKey: 'devkey', apiSecret: 'secret' }
  assert.deepEqual((await ServerKeys.load(folder, named)).liveKit, named)
  assert.ok(!(await readFile(path(), 'utf8')).includes('devkey'))
})

test('what is sealed looks different each time, hides its text, and notices a change or another key', async () => {
  const keys = await ServerKeys.load(folder)
  const sealed = keys.seal('rtsp://user:password@camera')
  assert.notEqual(keys.seal('rtsp://user:password@camera'), sealed)
  assert.ok(!sealed.includes('password'))
  assert.equal(keys.unseal(sealed), 'rtsp://user:password@camera')
  assert.equal(keys.unseal(keys.seal('')), '')

  const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA')
  assert.throws(() => keys.unseal(changed))
  assert.throws(() => keys.unseal('v1.short'))
  assert.throws(() => keys.unseal('in clear'))
  await rm(path())
  const others = await ServerKeys.load(folder)
  assert.throws(() => others.unseal(sealed))
})

test('secrets are kept by name, changed at the same time without loss, and forgotten', async () => {
  const keys = await ServerKeys.load(folder)
  await Promise.all([keys.setSecret('s3.live.key', 'one'), keys.setSecret('s3.live.secret', 'two'), keys.setSecret('a', 'three')])
  await keys.setSecret('a', undefined)
  for (const one of [keys, await ServerKeys.load(folder)]) {
    assert.equal(one.secret('s3.live.key'), 'one')
    assert.equal(one.secret('s3.live.secret'), 'two')
    assert.equal(one.secret('a'), undefined)
    assert.equal(one.secret('constructor'), undefined)
  }
  assert.equal((await stat(path())).mode & 0o777, 0o600)
})

test('a file that can not be understood stops the start and stays as it is', async () => {
  for (const text of ['', '{"sealingKey":', '{}', '[]', '{"sealingKey":"YQ==","liveKit":{"apiKey":"a","apiSecret":"b"},"secrets":{}}']) {
    await writeFile(path(), text)
    await assert.rejects(ServerKeys.load(folder), { code: 'CONFIG_INVALID' }, text)
    assert.equal(await readFile(path(), 'utf8'), text)
  }
})

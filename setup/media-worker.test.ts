import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, test } from 'node:test'
import { cleanup } from 'node-datachannel'
import { mediasoupWorkerBin } from '../native/binaries.ts'
import { requireFirstFeedback } from './first-feedback.ts'
import { handshake } from './handshake.ts'
import { downloadPrebuilt, mediaWorker } from './media-worker.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-media-worker-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
// The peers' own threads would keep this process alive.
after(() => cleanup())

test('the installed media worker shakes hands with a WebRTC peer', async () => {
  const { startMs, dtlsMs } = await handshake(mediasoupWorkerBin())
  assert.ok(startMs > 0 && dtlsMs > 0)
})

test('a program that is no media worker fails the handshake', async () => {
  await assert.rejects(handshake('/bin/true'))
})

test('a prebuilt media worker that works is taken as it is', async () => {
  copyFileSync(mediasoupWorkerBin(), join(folder, 'mediasoup-worker'))
  const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'mediasoup-worker'], { maxBuffer: 64 * 1024 ** 2 })
  rmSync(join(folder, 'mediasoup-worker'))
  await using releases = await serveReleases(200, archive)

  await mediaWorker('3.0.0', failing('nothing is to be compiled')).build(folder)
  assert.deepEqual(readFileSync(join(folder, 'mediasoup-worker')), readFileSync(mediasoupWorkerBin()))
  assert.match(releases.requested[0] ?? '', /^\/3\.0\.0\/mediasoup-worker-3\.0\.0-linux-(x64|arm64)-kernel\d+\.tgz$/)
})

test('a prebuilt media worker that does not work here is compiled instead', async () => {
  copyFileSync('/bin/true', join(folder, 'mediasoup-worker'))
  const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'mediasoup-worker'])
  await using _ = await serveReleases(200, archive)

  await assert.rejects(mediaWorker('3.0.0', failing('now it would be compiled')).build(folder), /now it would be compiled/)
})

test('the first feedback of what is no media worker is not waited for', async () => {
  await assert.rejects(requireFirstFeedback('/bin/true'))
})

test('releases that can not be had are done without', async () => {
  await using _ = await serveReleases(404, Buffer.alloc(0))
  assert.equal(await downloadPrebuilt('3.0.0'), undefined)
})

/** Compilers that can not be installed. */
function failing(message: string): Promise<never> {
  const failure = Promise.reject(new Error(message))
  failure.catch(() => undefined)
  return failure
}

/** Stands where mediasoup's releases are downloaded from. */
async function serveReleases(status: number, archive: Buffer) {
  const requested: (string | undefined)[] = []
  const server = createServer((request, response) => {
    requested.push(request.url)
    response.writeHead(status).end(archive)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL = `http://127.0.0.1:${Object(server.address()).port}`
  return {
    requested,
    async [Symbol.asyncDispose]() {
      delete process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Turns } from '../../core/kernel/turns.ts'
import { TestRuntime } from '../../test/harness.ts'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { use } from '../kit/define-config.ts'
import type whip from '../whip/plugin.ts'
import type snapshot from './plugin.ts'

/** What the publisher's picture is filled with. */
const GROUND = [0xc0, 0x30, 0x20]

type Options = Parameters<typeof use<typeof snapshot>>[1]

function start(options: Options = {}, env: Record<string, string> = {}): Promise<TestRuntime> {
  const plugins = [use<typeof whip>('./plugins/whip/plugin.ts'), use<typeof snapshot>('./plugins/snapshot/plugin.ts', options)]
  return TestRuntime.start({ plugins, env })
}

for (const codec of ['H264', 'VP8', 'VP9', 'AV1']) {
  test(`a room whose video is ${codec} has a picture`, { timeout: 40_000 }, async () => {
    await using runtime = await start()
    await using browser = await PagesBrowser.open()
    await browser.publish(runtime.url, 'live/yard', { videoType: `video/${codec}`, widthPx: 640, heightPx: 360 })

    const response = await fetch(`${runtime.url}/snapshot/live/yard.jpg`)
    assert.equal(response.status, 200, response.ok ? '' : await response.text())
    assert.equal(response.headers.get('content-type'), 'image/jpeg')
    const jpeg = Buffer.from(await response.arrayBuffer())
    assert.deepEqual(sizeOf(jpeg), { widthPx: 480, heightPx: 270 })
    const off = firstPixelOf(jpeg).map((value, index) => Math.abs(value - GROUND[index]!))
    assert.ok(Math.max(...off) < 24, `the colours are off by ${off}`)
  })
}

test('many who ask at once share one capture, and what they got is not sent again', { timeout: 40_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()
  await browser.publish(runtime.url, 'live/yard')

  const url = `${runtime.url}/snapshot/live/yard.jpg?width=160`
  const responses = await Promise.all(Array.from({ length: 8 }, () => fetch(url)))
  const etags = new Set(responses.map((response) => response.headers.get('etag')))
  assert.equal(etags.size, 1)
  const [etag] = etags
  const [first] = responses
  assert.deepEqual(sizeOf(Buffer.from(await first!.arrayBuffer())), { widthPx: 160, heightPx: 90 })
  assert.match(first!.headers.get('cache-control') ?? '', /^private, max-age=[45]$/)

  const again = await fetch(url, { headers: { 'if-none-match': etag ?? '' } })
  assert.equal(again.status, 304)

  const larger = await fetch(`${runtime.url}/snapshot/live/yard.jpg?width=1920`)
  assert.deepEqual(sizeOf(Buffer.from(await larger.arrayBuffer())), { widthPx: 640, heightPx: 360 }, 'nothing is enlarged')
})

test('what is not live, not understood or not permitted is said so', { timeout: 40_000 }, async () => {
  await using runtime = await start()
  const answer = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${runtime.url}${path}`, { headers })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  assert.deepEqual(await answer('/snapshot/live/nobody.jpg'), [404, 'NOTHING_LIVE'])
  assert.deepEqual(await answer('/snapshot/nowhere/yard.jpg'), [404, 'APP_NOT_FOUND'])
  assert.deepEqual(await answer('/snapshot/live/yard.png'), [404, 'NOT_FOUND'])
  assert.deepEqual(await answer('/snapshot/live/yard.jpg?width=wide'), [400, 'INPUT_INVALID'])
  const { secret } = await runtime.runtime.core.tokens.create({ name: 'publisher', grants: ['PUBLISH'] })
  assert.deepEqual(await answer('/snapshot/live/yard.jpg', { authorization: `Bearer ${secret}` }), [403, 'FORBIDDEN'])
})

test('a picture that does not come in time is a gateway timeout', { timeout: 40_000 }, async () => {
  await using runtime = await start({ timeoutMs: 500 })
  await using browser = await PagesBrowser.open()
  const publisher = await browser.publish(runtime.url, 'live/yard')
  // The track stays; nothing is sent any more.
  await publisher.evaluate('Promise.all(window.published.pc.getSenders().map((sender) => sender.replaceTrack(null)))')

  const response = await fetch(`${runtime.url}/snapshot/live/yard.jpg`)
  assert.equal(response.status, 504)
  assert.equal(((await response.json()) as { code: string }).code, 'TIMEOUT')
})

test('a few work at a time, some wait, the rest is refused', async () => {
  const turns = new Turns(1, 1)
  const first = Promise.withResolvers<void>()
  const order: string[] = []
  const working = turns.take(async () => {
    await first.promise
    order.push('first')
  })
  const waiting = turns.take(async () => order.push('second'))
  await assert.rejects(
    turns.take(async () => order.push('third')),
    { code: 'OVERLOADED' },
  )
  first.resolve()
  await Promise.all([working, waiting])
  await turns.take(async () => order.push('fourth'))
  assert.deepEqual(order, ['first', 'second', 'fourth'])
})

/** Red, green and blue of the first pixel, as another decoder sees it. */
function firstPixelOf(jpeg: Buffer): number[] {
  const args = ['-v', 'error', '-i', 'pipe:0', '-vf', 'crop=1:1:0:0:exact=1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
  return [...execFileSync('ffmpeg', args, { input: jpeg }).subarray(0, 3)]
}

/** From the frame header of a baseline JPEG. @see ITU-T T.81 section B.2.2 */
function sizeOf(jpeg: Buffer): { widthPx: number; heightPx: number } {
  assert.equal(jpeg.readUInt16BE(0), 0xffd8)
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  assert.ok(frame > 0, 'a baseline JPEG')
  return { heightPx: jpeg.readUInt16BE(frame + 5), widthPx: jpeg.readUInt16BE(frame + 7) }
}

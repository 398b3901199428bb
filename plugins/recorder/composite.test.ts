import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { beeps, colour, colourAt, flashes, flashesAndBeeps, hears, speaksAfter, startStudio, tone } from './composite/test-publishers.ts'
import { probe } from './ffmpeg.ts'

test('a room is one picture and one sound, whoever comes and goes', { timeout: 90_000 }, async () => {
  await using studio = await startStudio()
  await using _red = await studio.publish('red', colour('red'), tone(440))
  const recording = await studio.record('grid')
  await delay(1_500)
  const blue = await studio.publish('blue', colour('blue'), tone(1_000))
  const joined = await studio.layouts(2)
  await delay(2_000)
  await blue.stop()
  const left = await studio.layouts(3)
  await delay(1_500)
  const file = await studio.finish(recording)

  const { widthPx, heightPx, videoCodec, audioCodec } = (await probe(file)) ?? {}
  assert.deepEqual([widthPx, heightPx, videoCodec, audioCodec], [1_280, 720, 'h264', 'opus'])
  const seen = (at: number) => [colourAt(file, at, 320, 360), colourAt(file, at, 960, 360)]
  assert.deepEqual([joined / 3, joined + 1, left + 0.8].map(seen), [
    ['red', 'red'],
    ['red', 'blue'],
    ['red', 'red'],
  ])
  const heard = (at: number) => [hears(file, at, 440), hears(file, at, 1_000)]
  assert.deepEqual([joined + 0.5, left + 0.8].map(heard), [
    [true, true],
    [true, false],
  ])
})

test('sound and picture are in step, also behind a change of the layout', { timeout: 90_000 }, async () => {
  await using studio = await startStudio()
  await using _clapper = await studio.publish('clapper', flashes, beeps)
  const recording = await studio.record('grid')
  await delay(1_500)
  await using browser = await PagesBrowser.open()
  await browser.publish(studio.runtime.url, 'live/yard', { videoType: 'video/VP8', widthPx: 640, heightPx: 360 })
  const joined = await studio.layouts(2)
  await delay(4_000)
  const file = await studio.finish(recording)

  assert.equal(colourAt(file, joined + 3, 960, 500), 'red')
  const { bright, loud } = flashesAndBeeps(file, 320, 360)
  assert.ok(bright.length >= 4, `${bright} ${loud}`)
  // On a busy machine single ones are off: a picture comes late, or a packet of sound.
  const offsets = bright.map((at) => Math.min(...loud.map((other) => Math.abs(other - at)))).sort((one, other) => one - other)
  const median = offsets[Math.floor(offsets.length / 2)] ?? 1
  assert.ok(median < 0.08, `${offsets}: ${bright} and ${loud}`)
})

test('who speaks is large', { timeout: 90_000 }, async () => {
  await using studio = await startStudio()
  await using _red = await studio.publish('red', colour('red'), tone(440))
  await using _blue = await studio.publish('blue', colour('blue'), speaksAfter(5))
  const recording = await studio.record('speaker')
  await studio.speakers(2)
  await delay(1_500)
  const file = await studio.finish(recording)

  const { durationMs = 0 } = (await probe(file)) ?? {}
  const seen = (at: number) => [colourAt(file, at, 512, 360), colourAt(file, at, 1_152, 360)]
  assert.deepEqual([0.5, durationMs / 1_000 - 0.5].map(seen), [
    ['red', 'blue'],
    ['blue', 'red'],
  ])
})

test('an empty room is black until somebody is back, and not at the end', { timeout: 90_000 }, async () => {
  await using studio = await startStudio({ graceMs: 20_000 })
  const red = await studio.publish('red', colour('red'), tone(440))
  const recording = await studio.record('single')
  await delay(1_000)
  await red.stop()
  const left = await studio.layouts(2)
  const blue = await studio.publish('blue', colour('blue'), tone(440))
  const back = await studio.layouts(3)
  await delay(1_000)
  await blue.stop()
  await studio.layouts(4)
  const file = await studio.finish(recording)

  const { durationMs = 0 } = (await probe(file)) ?? {}
  const [during, gone] = [left / 3, (left + back) / 2]
  const seen = [during, gone, back + 0.6].map((at) => colourAt(file, at, 640, 360))
  assert.deepEqual(seen, ['red', 'black', 'blue'])
  assert.ok(hears(file, during, 440) && !hears(file, gone, 440))
  assert.ok(durationMs / 1_000 > back + 1, `${durationMs} ms`)
})

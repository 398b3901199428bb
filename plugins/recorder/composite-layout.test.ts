import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startPipeline } from '../../native/pipeline.ts'
import { Canvas } from './composite/canvas.ts'
import { compositePipeline, GATES, SHUTTER } from './composite/composite-launch.ts'
import { layOut, layoutNamed, placesWith } from './composite/layout.ts'
import { Shutter } from './composite/shutter.ts'
import { SpeakerPicker } from './composite/speaker.ts'
import { probe } from './ffmpeg.ts'

const HD = { widthPx: 1_280, heightPx: 720 }

test('a grid has as many places as it needs, all on the canvas and none over another', () => {
  for (const pictures of [1, 2, 3, 4, 5, 7, 10, 16, 20]) {
    for (const name of ['grid', 'speaker'] as const) {
      const { places } = layOut(name, pictures, HD)
      assert.equal(places.length, Math.min(pictures, 16))
      for (const [index, { x, y, widthPx, heightPx }] of places.entries()) {
        assert.ok(x >= 0 && y >= 0 && x + widthPx <= 1_280 && y + heightPx <= 720, `${name} ${pictures}: ${index}`)
        assert.ok([x, y, widthPx, heightPx].every((px) => px % 2 === 0))
        const overlaps = places.filter(
          (other) => x < other.x + other.widthPx && other.x < x + widthPx && y < other.y + other.heightPx && other.y < y + heightPx,
        )
        assert.equal(overlaps.length, 1, `${name} ${pictures}: ${index}`)
      }
    }
  }
  assert.equal(layOut('single', 5, HD).places.length, 1)
  assert.deepEqual(['grid', 'speaker-dark', 'single-speaker', 'mosaic', null].map(layoutNamed), [
    'grid',
    'speaker',
    'single',
    'grid',
    'grid',
  ])
})

test('the speaker changes places with the first', () => {
  const layout = layOut('speaker', 4, HD)
  assert.deepEqual(placesWith(layout, 0), [0, 1, 2, 3])
  assert.deepEqual(placesWith(layout, 2), [2, 1, 0, 3])
  for (const large of [0, 1, 2, 3])
    for (const [picture, place] of placesWith(layout, large).entries()) assert.ok(layout.homes[picture]?.includes(place))
})

test('a cough does not make a speaker, a sentence does, and silence keeps the last', () => {
  const picker = new SpeakerPicker()
  const hear = (fromMs: number, toMs: number, a: number, b: number) => {
    for (let at = fromMs; at < toMs; at += 200) {
      picker.hear('a', a, at)
      picker.hear('b', b, at)
    }
    return picker.speaker
  }
  assert.equal(hear(0, 3_000, -20, Number.NEGATIVE_INFINITY), 'a')
  assert.equal(hear(3_000, 3_400, -60, -10), 'a')
  assert.equal(hear(3_400, 5_000, -20, -60), 'a')
  assert.equal(hear(5_000, 7_000, -60, -15), 'b')
  assert.equal(hear(7_000, 9_000, -80, -80), 'b')
})

test('nobody is black and silent, of which there are pictures, too', { timeout: 20_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-composite-'))
  try {
    const file = join(folder, 'nobody.mkv')
    const canvas = Canvas.parse({})
    const layout = layOut('grid', 0, canvas)
    const composition = {
      canvas,
      encoder: 'x264enc',
      inputs: [],
      pictures: [],
      layout,
      places: [],
      measured: false,
      file,
      clusterMs: 1_000,
    } as const
    await using pipeline = await startPipeline({ name: 'nobody', launch: compositePipeline(composition), outputs: 1 })
    const shutter = new Shutter(pipeline, SHUTTER)
    for (const gate of GATES) await pipeline.set(gate, 'drop', false)
    const [jpeg, same] = await Promise.all([shutter.release(), shutter.release()])
    assert.deepEqual([jpeg?.readUInt16BE(0), jpeg?.readUInt16BE(jpeg.length - 2)], [0xffd8, 0xffd9])
    assert.equal(same, jpeg)
    assert.notEqual(await shutter.release(), undefined)
    assert.ok(await pipeline.stop({ eosWithinMs: 5_000 }))
    const facts = await probe(file)
    assert.deepEqual([facts?.videoCodec, facts?.audioCodec, facts?.widthPx], ['h264', 'opus', 1_280])
  } finally {
    await rm(folder, { recursive: true })
  }
})

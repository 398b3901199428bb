import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MediaKind, SessionTime } from './session-time.ts'

const run = (steps: [MediaKind, number][]) => {
  const time = new SessionTime()
  return steps.map(([kind, raw]) => time.at(kind, raw))
}
const video = (...raws: number[]) => run(raws.map((raw) => ['video', raw]))

test('time starts at 0 whatever the encoder starts with, and goes through the 32-bit wrap', () => {
  assert.deepEqual(video(4_294_960_000, 4_294_960_033, 4_294_967_290, 10, 43), [0, 33, 7_290, 7_306, 7_339])
})

test('an encoder that starts over after 24 bits goes on exactly', () => {
  assert.deepEqual(
    run([
      ['video', 16_777_190],
      ['audio', 16_777_200],
      ['video', 7],
      ['audio', 5],
      ['video', 40],
    ]),
    [0, 10, 33, 31, 66],
  )
})

test('sequence headers at 0 before media at a large time do not matter', () => {
  assert.deepEqual(
    run([
      ['video', 0],
      ['audio', 0],
      ['video', 90_000_000],
      ['audio', 90_000_011],
      ['video', 90_000_033],
    ]),
    [0, 0, 0, 11, 33],
  )
})

test('after a jump audio and video stay together and time never goes back', () => {
  for (const start of [1_000, 500_000_000]) {
    const times = run([
      ['video', 100_000],
      ['audio', 100_010],
      ['video', 100_033],
      ['audio', 100_040],
      ['video', start],
      ['audio', 100_060],
      ['video', start + 33],
      ['audio', start + 20],
      ['audio', start + 43],
    ])
    assert.deepEqual(times, [0, 10, 33, 40, 40, 60, 73, 60, 83])
  }
})

test('small steps back are held, gaps are kept', () => {
  assert.deepEqual(video(1_000, 1_040, 1_020, 1_060, 9_000), [0, 40, 40, 60, 8_000])
})

test('audio and video on unrelated clocks both advance', () => {
  const times = run([
    ['video', 5_000_000],
    ['audio', 0],
    ['video', 5_000_033],
    ['audio', 23],
    ['video', 5_000_066],
  ])
  assert.deepEqual(times, [0, 0, 33, 23, 66])
})

test('audio that returns after minutes joins the video', () => {
  const time = new SessionTime()
  time.at('audio', 0)
  for (let raw = 0; raw <= 300_000; raw += 40) time.at('video', raw)
  assert.equal(time.at('audio', 300_010), 300_010)
})

test('metadata follows the clock and never moves it', () => {
  assert.deepEqual(
    run([
      ['data', 0],
      ['video', 1_000],
      ['video', 9_000],
      ['data', 0],
      ['data', 9_010],
      ['video', 9_040],
    ]),
    [0, 0, 8_000, 8_000, 8_010, 8_040],
  )
})

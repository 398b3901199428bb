import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RtpPacket } from './packet.ts'
import { Reorder } from './reorder.ts'
import { SenderClock } from './sender-clock.ts'
import { type TimedTrack, Timeline } from './timeline.ts'

const HOUR_MS = 3_600_000
/** When the sender's wall clock says that it began; and how far sound and picture are off the same RTP time. */
const BEGAN_AT_MS = 1_795_000_000_000

/** RTP time of a clock that runs so many parts in a million too fast, begun anywhere, as 32 bits hold it. */
const rtpTime = (elapsedMs: number, rate: number, ppm: number, from: number) =>
  (from + Math.round((elapsedMs * rate * (1 + ppm / 1e6)) / 1_000)) >>> 0

for (const ppm of [0, 200, -200]) {
  test(`over an hour sound and picture stay together, though their clocks are ${ppm} ppm apart`, () => {
    const timeline = new Timeline()
    const video: TimedTrack = { kind: 'video', clock: new SenderClock(90_000) }
    const audio: TimedTrack = { kind: 'audio', clock: new SenderClock(48_000) }
    const videoAt = (ms: number) => rtpTime(ms, 90_000, ppm, 4_294_000_000)
    const audioAt = (ms: number) => rtpTime(ms, 48_000, 0, 77)
    let worstMs = 0
    let before = Number.NEGATIVE_INFINITY
    for (let ms = 0; ms < HOUR_MS; ms += 20) {
      if (ms % 1_000 === 0) {
        video.clock.report({ atMs: BEGAN_AT_MS + ms, rtpTime: videoAt(ms) })
        audio.clock.report({ atMs: BEGAN_AT_MS + ms, rtpTime: audioAt(ms) })
      }
      const sound = timeline.place(audio, audioAt(ms), ms)
      if (ms % 40 !== 0) continue
      const picture = timeline.place(video, videoAt(ms), ms)
      worstMs = Math.max(worstMs, Math.abs(picture - sound))
      assert.ok(picture > before, 'pictures never go back')
      before = picture
    }
    assert.ok(worstMs < 5, `${worstMs} ms`)
  })
}

test('sound that began 300 ms after the picture lies 300 ms after it, whenever it arrives', () => {
  const timeline = new Timeline()
  const video: TimedTrack = { kind: 'video', clock: new SenderClock(90_000) }
  const audio: TimedTrack = { kind: 'audio', clock: new SenderClock(48_000) }
  video.clock.report({ atMs: BEGAN_AT_MS, rtpTime: 1_000 })
  audio.clock.report({ atMs: BEGAN_AT_MS + 300, rtpTime: 2_000 })
  const picture = timeline.place(video, 1_000, 50)
  assert.ok(Math.abs(timeline.place(audio, 2_000, 900) - picture - 300) < 0.01)
})

test('packets come in order, once, and a loss is told after a while', () => {
  const seen: string[] = []
  const reorder = new Reorder(({ sequence }, isAfterLoss) => seen.push(`${isAfterLoss ? '!' : ''}${sequence}`))
  const packet = (sequence: number): RtpPacket => ({ sequence, rtpTime: 0, marker: false, payload: Buffer.of(1) })
  for (const sequence of [65_534, 0, 65_535, 0, 65_534, 3, 2]) reorder.push(packet(sequence), 0)
  assert.deepEqual(seen, ['65534', '65535', '0'])
  reorder.expire(199)
  assert.equal(seen.length, 3)
  reorder.expire(200)
  assert.deepEqual(seen.slice(3), ['!2', '3'])
  // Another sequence altogether begins at once.
  reorder.push(packet(40_000), 300)
  assert.deepEqual(seen.slice(5), ['!40000'])
})

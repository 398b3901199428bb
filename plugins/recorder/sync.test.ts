import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beepsAfterFlashes, Flashes } from './test-flashes.ts'
import { RecorderGround } from './test-ground.ts'

test('sound and picture are within 40 ms of each other, from the first second on', { timeout: 60_000 }, async (t) => {
  await using ground = await RecorderGround.start()
  await using _camera = new Flashes(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, 110_000)
  await ground.stop(started)
  const row = await ground.settled(started)
  const offsets = await beepsAfterFlashes(ground.path(row))
  t.diagnostic(`beeps after flashes: ${offsets.map((ms) => ms.toFixed(0)).join(' ')} ms`)
  assert.ok(offsets.length >= 3, `${offsets.length} flashes in ${row.durationMs} ms`)
  for (const ms of offsets) assert.ok(Math.abs(ms) <= 40, `${ms} ms`)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { decoded, RecorderGround } from './test-ground.ts'

/** A small disk of its own; only root may make one. */
function mount(folder: string, size: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a full disk ends nothing: what is written stays, and recording goes on when there is space', { timeout: 90_000 }, async (t) => {
  await using ground = await RecorderGround.start({ minFreeMb: 1, diskCheckMs: 200 })
  if (!mount(ground.folder, '4m')) return t.skip('no disk can be made here')
  try {
    const ballast = join(ground.folder, 'ballast')
    writeFileSync(ballast, Buffer.alloc(3 << 20))
    await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
    await ground.publisher()
    const started = await ground.record()
    await ground.until(started, ({ error }) => error === 'DISK_FULL', 30_000)
    rmSync(ballast)
    await ground.until(started, ({ error, state }) => error === null && state === 'RECORDING', 30_000)
    await ground.grown(started, 1_200_000)
    await ground.stop(started)
    const row = await ground.settled(started, 20_000)
    assert.equal(row.state, 'READY')
    assert.ok((row.sizeBytes ?? 0) > 1_100_000)
    assert.ok((await decoded(ground.path(row))) > 200)
  } finally {
    await ground.server.runtime.host.get('recorder').disable()
    execFileSync('umount', ['-l', ground.folder])
  }
})

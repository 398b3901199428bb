import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ffmpeg, flows, startRtmp, untilSessions } from './test-encoders.ts'

/** Children of this process that run one of these. */
function children(command: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return ppid === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(command)
    } catch {
      return false
    }
  })
}

function packets(session: Parameters<typeof flows>[0], kind: string): number {
  return session?.participant.tracks.find((track) => track.kind === kind)?.stats.packetsReceived ?? 0
}

for (const bFrames of [0, 2]) {
  test(`killed pipelines come back within 3 s and the session goes on${bFrames > 0 ? ', transcoded video too' : ''}`, async () => {
    await using ground = await startRtmp()
    await using _camera = new Ffmpeg(`${ground.url}/live/yard`, { bFrames })
    const [before] = await untilSessions(ground, ([one]) => flows(one))

    for (const pid of children('native/host.ts')) process.kill(pid, 'SIGKILL')
    type Tasks = { tasks: { type: string; restarts: number; state: string }[] }
    await ground.runtime.until<Tasks>(
      '{ tasks { type restarts state } }',
      ({ tasks }) => tasks.filter(({ type }) => type === 'PIPELINE').every(({ restarts, state }) => restarts > 0 && state === 'RUNNING'),
      3_000,
    )
    const [back] = await untilSessions(ground, ([one]) => flows(one))
    await untilSessions(
      ground,
      ([one]) => packets(one, 'AUDIO') > packets(back, 'AUDIO') + 20 && packets(one, 'VIDEO') > packets(back, 'VIDEO') + 20,
      3_000,
    )
    const [after] = await untilSessions(ground, () => true)
    assert.equal(after?.id, before?.id)
    for (const { stats } of after?.participant.tracks ?? []) assert.equal(stats.packetsLost, 0)
  })
}

test('a killed media worker is replaced, and the session goes on without noticing', async () => {
  await using ground = await startRtmp({}, { env: { WORKERS: '1' } })
  await using _camera = new Ffmpeg(`${ground.url}/live/yard`)
  const [before] = await untilSessions(ground, ([one]) => flows(one))
  for (const pid of children('mediasoup-worker')) process.kill(pid, 'SIGKILL')
  const [after] = await untilSessions(ground, ([one]) => flows(one) && packets(one, 'VIDEO') < packets(before, 'VIDEO') + 60, 4_000)
  assert.equal(after?.id, before?.id)
})

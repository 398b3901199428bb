import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, TEST_TOKEN } from '../../test/harness.ts'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { decoded, longestGap, packetsOf, RecorderGround } from './test-ground.ts'

/** About four seconds of what the encoders here send. */
const SOME_BYTES = 400_000
/** Sound goes on before the picture has a keyframe to go on from, which these encoders make every second. */
const LONGEST_GAP_S = { video: 1.3, audio: 0.35 }

/** Children of a process that run one of these. */
function children(command: string, of = process.pid): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return parent === of && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(command)
    } catch {
      return false
    }
  })
}

/** The plugin's own thread, which comes back. */
async function crash({ server }: RecorderGround): Promise<void> {
  const plugin = server.runtime.host.get('recorder')
  await plugin.remote.thread.crash()
  await server.until('{ __typename }', () => plugin.restarts > 0 && plugin.state === 'RUNNING')
}

/** One file, which holds at least so much, plays to its end, and in which nobody has to wait. */
async function assertWhole(file: string, bytes: number, longest = LONGEST_GAP_S): Promise<void> {
  const packets = await packetsOf(file)
  const size = packets.reduce((sum, packet) => sum + packet.bytes, 0)
  assert.ok(size >= bytes, `${size} of ${bytes} bytes are there`)
  const pictures = packets.filter(({ kind }) => kind === 'video')
  assert.equal(await decoded(file), pictures.length)
  for (const kind of ['video', 'audio'] as const) {
    const gapS = longestGap(packets, kind)
    assert.ok(gapS < longest[kind], `a gap of ${gapS} s in its ${kind}`)
  }
  const last = (kind: string) => packets.filter((packet) => packet.kind === kind).at(-1)?.atS ?? 0
  assert.ok(Math.abs(last('video') - last('audio')) < 0.6, 'sound and picture end together')
}

/** Kills something in the middle of a recording: it goes on, in the same row and in the end in the same file. */
async function survives(kill: (ground: RecorderGround) => Promise<void> | void, cause?: string, longest = LONGEST_GAP_S): Promise<void> {
  await using ground = await RecorderGround.start()
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, SOME_BYTES)
  await kill(ground)
  await ground.grown(started, 2 * SOME_BYTES)
  await ground.stop(started)
  const row = await ground.settled(started, 20_000)
  assert.equal(row.state, 'READY', ground.server.log.slice(-20).join(''))
  assert.equal((await ground.rows()).length, 1)
  await assertWhole(ground.path(row), 2 * SOME_BYTES - 100_000, longest)
  const left = readdirSync(ground.folder).filter((name) => /\.(mkv|part)$/.test(name))
  assert.deepEqual(left, [], 'nothing of it is left')
  type Data = { recording: { segments: { cause: string | null }[] } }
  const { recording } = await ground.server.graphql<Data>(`{ recording(app: "live", id: "${row.id}") { segments { cause } } }`)
  if (cause !== undefined) assert.equal(recording.segments[0]?.cause, cause)
}

test('kill -9 of every pipeline host', { timeout: 60_000 }, () =>
  survives(
    () => {
      const hosts = children('native/host.ts')
      assert.ok(hosts.length > 0)
      for (const pid of hosts) process.kill(pid, 'SIGKILL')
    },
    undefined,
    // The one that makes Opus of the encoder's AAC comes back; what was in it is gone.
    { video: 0.1, audio: 3 },
  ),
)

test("the plugin's own thread crashes", { timeout: 60_000 }, () => survives(crash, 'RESTART'))

test('kill -9 of the media worker', { timeout: 60_000 }, () =>
  survives(() => {
    for (const pid of children('mediasoup-worker')) process.kill(pid, 'SIGKILL')
  }, 'SOURCE_CHANGED'),
)

test('kill -9 of the whole server', { timeout: 90_000 }, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'patchbay-recorder-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const rtmpPort = await freePort()
  const rtmpUrl = `rtmp://127.0.0.1:${rtmpPort}/live/yard`
  const folder = join(dataDir, 'apps/live/recordings')
  const first = await startServer(t, dataDir, rtmpPort)
  const listens = (data: Data) => Boolean(data.rtmpServer && data.recordings)
  await first.until('{ rtmpServer { port } recordings(app: "live") { total } }', listens)
  await using camera = new Ffmpeg(rtmpUrl)
  await first.until('{ tracks { id } }', ({ tracks }) => tracks.length === 2)
  const { row } = await first.graphql('mutation { row: startRecording(app: "live", input: { room: "yard", mode: PARTICIPANT }) { id } }')
  const sizes = '{ recordings(app: "live") { nodes { segments { sizeBytes } } } }'
  await first.until(sizes, ({ recordings }) => Number(recordings?.nodes[0]?.segments[0]?.sizeBytes ?? 0) > SOME_BYTES)
  await first.kill()
  await camera.exited
  const [left] = readdirSync(folder)
  assert.ok((await decoded(join(folder, left ?? ''))) > 60, 'what was on disk plays before anybody repairs it')

  const second = await startServer(t, dataDir, rtmpPort)
  await second.until('{ rtmpServer { port } recordings(app: "live") { total } }', listens)
  await using _again = new Ffmpeg(rtmpUrl)
  await second.until(sizes, ({ recordings }) => Number(recordings?.nodes[0]?.segments[1]?.sizeBytes ?? 0) > SOME_BYTES / 2)
  await second.graphql(`mutation { stopRecording(app: "live", id: "${row.id}") { id } }`)
  const one = `{ row: recording(app: "live", id: "${row.id}") { state file segments { cause } } }`
  const settled = await second.until(one, (data) => data.row?.state === 'READY')
  assert.equal(settled.row.segments[0]?.cause, 'RESTART')
  await assertWhole(join(folder, settled.row.file ?? ''), 1.5 * SOME_BYTES - 100_000)
})

test('what an interrupted run left behind is finished when nobody comes back', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start({ graceMs: 500 })
  const camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, SOME_BYTES)
  await crash(ground)
  await camera[Symbol.asyncDispose]()
  const row = await ground.settled(started)
  assert.equal(row.state, 'READY')
  await assertWhole(ground.path(row), SOME_BYTES - 100_000)
})

test('a crash while a recording is being finished loses nothing', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start()
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, SOME_BYTES)
  await ground.stop(started)
  await crash(ground)
  const row = await ground.until(started, ({ state }) => state === 'READY', 20_000)
  await assertWhole(ground.path(row), SOME_BYTES - 100_000)
})

// biome-ignore lint/suspicious/noExplicitAny: every query here has a shape of its own
type Data = any

/** The server as an operator runs it, on data that is there already. */
async function startServer(t: TestContext, dataDir: string, rtmpPort: number) {
  const port = await freePort()
  const env = { PORT: String(port), RTMP_PORT: String(rtmpPort), RTC_PORT: '0', WORKERS: '1', DATA_DIR: dataDir, STUN_URLS: 'none' }
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../runtime/main.ts', import.meta.url))], {
    env: { ...process.env, ...env, PATCHBAY_API_TOKEN: TEST_TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.after(kill)
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  while (!output.includes('is up.') && child.exitCode === null) await wait(20)
  const graphql = async (query: string): Promise<Data> => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_TOKEN}` },
      body: JSON.stringify({ query }),
    })
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown }
    // While plugins start there is nobody to answer for them.
    if (errors && !/PLUGIN_UNAVAILABLE|VALIDATION_FAILED/.test(JSON.stringify(errors))) assert.fail(JSON.stringify(errors))
    return data
  }
  const until = async (query: string, isReached: (data: Data) => boolean, withinMs = 20_000): Promise<Data> => {
    for (const deadline = Date.now() + withinMs; ; await wait(50)) {
      const data = await graphql(query)
      if (data && isReached(data)) return data
      assert.ok(Date.now() < deadline, `not reached: ${JSON.stringify(data)}\n${output.slice(-2_000)}`)
    }
  }
  return { graphql, until, kill }
}

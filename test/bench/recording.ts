import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Encoder, testPattern } from './encoders.ts'
import type { BenchOptions } from './main.ts'
import { median } from './numbers.ts'
import { freePort, type Server, startPatchbay, TOKEN } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuPercent, cpuSeconds, descendants, mediaWorkersOf, rssMb } from './usage.ts'

export const title = 'Recordings of 1280x720, 30 pictures and 2.5 Mbit a second, with Opus'

const ROUNDS = 2
const ROUND_MS = 6_000
const SETTLE_MS = 3_000
const MANY = 20
const MANY_MS = 15_000
const FPS = 30

type Load = { cpu: number; rss: number }

export async function run(_options: BenchOptions): Promise<Figure[]> {
  const file = await testPattern('1280x720', '2500k')
  const rounds: { bare: Load; patchbay: Load }[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push({ bare: await bare(file), patchbay: await patchbay(file) })
  const many = await recordMany(file)
  return [
    {
      what: 'CPU of one recording',
      unit: '% of a core',
      baseline: median(rounds.map((one) => one.bare.cpu)),
      patchbay: median(rounds.map((one) => one.patchbay.cpu)),
      goal: '≤ 1.1×',
    },
    {
      what: 'memory of one recording',
      unit: 'MB',
      baseline: median(rounds.map((one) => one.bare.rss)),
      patchbay: median(rounds.map((one) => one.patchbay.rss)),
      goal: '≤ 80 MB more',
    },
    { what: `CPU of each of ${MANY} recordings`, unit: '% of a core', patchbay: many.cpu / MANY },
    { what: `memory of each of ${MANY} recordings`, unit: 'MB', patchbay: many.rss / MANY },
    { what: `pictures missing in ${MANY} recordings`, unit: `of ${many.pictures}`, patchbay: many.missing, goal: '0' },
  ]
}

/** gst-launch that writes the same packets into the same kind of file. */
async function bare(file: string): Promise<Load> {
  const [video, audio] = [await freePort(), await freePort()]
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-bench-'))
  const receive = (media: string, port: number, caps: string, rest: string) =>
    `udpsrc port=${port} buffer-size=4194304 caps="application/x-rtp,media=${media},${caps}" ! rtpjitterbuffer latency=200 ! ${rest} ! queue ! m.`
  const recorder = gst(
    `matroskamux name=m max-cluster-duration=1000000000 ! filesink location=${folder}/bare.mkv buffer-mode=unbuffered ${receive('video', video, 'clock-rate=90000,encoding-name=H264,payload=96', 'rtph264depay ! h264parse')} ${receive('audio', audio, 'clock-rate=48000,encoding-name=OPUS,payload=97', 'rtpopusdepay ! opusparse')}`,
  )
  const sender = gst(
    `multifilesrc location=${file} loop=false ! flvdemux name=d d.video ! queue ! h264parse config-interval=-1 ! rtph264pay mtu=1200 pt=96 ! udpsink host=127.0.0.1 port=${video} sync=true d.audio ! queue ! fakesink audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc bitrate=96000 ! rtpopuspay pt=97 ! udpsink host=127.0.0.1 port=${audio} sync=true`,
  )
  try {
    await wait(1_000)
    const { cpu } = await cpuPercent({ cpu: () => cpuSeconds(recorder.pid!) }, () => wait(4_000))
    return { cpu, rss: rssMb(recorder.pid!) }
  } finally {
    for (const child of [sender, recorder]) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a recording adds to a server that has the same stream. */
async function patchbay(file: string): Promise<Load> {
  await using server = await startPatchbay()
  await untilListening(server)
  await using _encoder = new Encoder(file, `rtmp://127.0.0.1:${server.rtmpPort}/live/bench-0`)
  await untilLive(server, 1)
  await wait(SETTLE_MS)
  const rssBefore = memory(server)
  const idle = await cpuPercent(usage(server), () => wait(ROUND_MS))
  await record(server, 1)
  await wait(SETTLE_MS)
  const busy = await cpuPercent(usage(server), () => wait(ROUND_MS))
  return { cpu: busy.all - idle.all, rss: memory(server) - rssBefore }
}

async function recordMany(file: string): Promise<Load & { pictures: number; missing: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-bench-'))
  try {
    await using server = await startPatchbay({ DATA_DIR: dataDir })
    const encoders: Encoder[] = []
    try {
      await untilListening(server)
      // One after the other: the encoders' own start is not what is measured.
      while (encoders.length < MANY) {
        encoders.push(new Encoder(file, `rtmp://127.0.0.1:${server.rtmpPort}/live/bench-${encoders.length}`))
        await untilLive(server, encoders.length)
      }
      await wait(SETTLE_MS)
      const rssBefore = memory(server)
      const idle = await cpuPercent(usage(server), () => wait(ROUND_MS))
      await record(server, MANY)
      await wait(SETTLE_MS)
      const busy = await cpuPercent(usage(server), () => wait(MANY_MS))
      const rss = memory(server) - rssBefore
      // As they lie there while they are written: whole clusters.
      const folder = join(dataDir, 'apps/live/recordings')
      const counts: { count: number; missing: number }[] = []
      for (const name of await readdir(folder)) if (name.endsWith('.mkv')) counts.push(await pictures(join(folder, name)))
      const sum = (of: (one: { count: number; missing: number }) => number) => counts.reduce((total, one) => total + of(one), 0)
      return { cpu: busy.all - idle.all, rss, pictures: sum(({ count }) => count), missing: sum(({ missing }) => missing) }
    } finally {
      await Promise.all(encoders.map((encoder) => encoder[Symbol.asyncDispose]()))
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Node and all that it started but media workers, which `gst-launch` has no counterpart of. */
function processes({ pid }: Server): number[] {
  const workers = mediaWorkersOf(pid)
  return [pid, ...descendants(pid).filter((one) => !workers.includes(one))]
}

function usage(server: Server): { all: () => number } {
  const pids = processes(server)
  return { all: () => pids.reduce((total, pid) => total + cpuSeconds(pid), 0) }
}

function memory(server: Server): number {
  return processes(server).reduce((total, pid) => total + rssMb(pid), 0)
}

/** How many pictures a file has, and how many lack between its first and its last. */
async function pictures(file: string): Promise<{ count: number; missing: number }> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file]
  const { stdout } = await promisify(execFile)('ffprobe', args, { maxBuffer: 64 << 20 })
  const times = stdout.trim().split('\n').map(Number.parseFloat).filter(Number.isFinite)
  // Where the encoder begins its file again it waits for a part of a picture: that is none that is missing.
  const missing = times.slice(1).reduce((sum, at, index) => sum + Math.max(0, Math.floor((at - times[index]!) * FPS + 0.2) - 1), 0)
  return { count: times.length, missing }
}

async function record(server: Server, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await ask(server, `mutation { startRecording(app: "live", input: { room: "bench-${index}", mode: PARTICIPANT }) { id } }`)
  }
}

async function untilLive(server: Server, count: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await wait(200)) {
    const text = await ask(server, '{ rooms { tracks { id } } }')
    if ((text.match(/"id"/g) ?? []).length >= 2 * count) return
    if (performance.now() > deadline) throw new Error(`not live: ${text}`)
  }
}

async function untilListening(server: Server): Promise<void> {
  const query = '{ rtmpServer { port } recordings(app: "live") { total } }'
  while (!/"port":\d/.test(await ask(server, query).catch(() => ''))) await wait(100)
}

async function ask({ url }: Server, query: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` }
  const text = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).text()
  if (text.includes('"errors"')) throw new Error(text)
  return text
}

function gst(description: string): ChildProcess {
  // The pieces are ours, and hold no spaces but those between words.
  return spawn('sh', ['-c', `exec gst-launch-1.0 -q -e ${description.replaceAll('"', "'")}`], { stdio: 'ignore' })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Encoder, testPattern } from './encoders.ts'
import type { BenchOptions } from './main.ts'
import { median } from './numbers.ts'
import { type Server, startPatchbay, TOKEN } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuPercent, cpuSeconds, descendants, mediaWorkersOf, rssMb } from './usage.ts'

export const title = 'RTMP ingest: H.264 passed through, AAC made Opus'

const ROUNDS = 3
const ROUND_MS = 4_000
const SETTLE_MS = 2_000

/** What a pipeline for the same work looks like that does nothing else. */
const BARE = `-q fdsrc fd=0 ! queue ! flvdemux name=d
  d.video ! queue ! h264parse config-interval=-1 ! rtph264pay aggregate-mode=zero-latency mtu=1200 ! udpsink host=127.0.0.1 port=9 sync=false async=false
  d.audio ! queue ! aacparse ! avdec_aac ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2
  ! opusenc perfect-timestamp=true bitrate=96000 ! rtpopuspay ! udpsink host=127.0.0.1 port=9 sync=false async=false`

export async function run({ encoders }: BenchOptions): Promise<Figure[]> {
  const file = await testPattern('1920x1080', '4M')
  const rounds: { bare: Use; patchbay: Use }[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push({ bare: await bare(file), patchbay: await patchbay(file, 1) })
  const many = await patchbay(await testPattern('1280x720', '1500k'), encoders)

  const of = (read: (use: Use) => number) => ({
    baseline: median(rounds.map((pair) => read(pair.bare))),
    patchbay: median(rounds.map((pair) => read(pair.patchbay))),
    ratio: median(rounds.map((pair) => read(pair.patchbay) / read(pair.bare))),
  })
  return [
    { what: '1080p30, 4 Mbit/s, against gst-launch', unit: '% of a core', ...of(({ cpu }) => cpu), goal: '≤ 1.3×' },
    {
      what: 'of that Node: RTMP, and passing the video through',
      unit: '% of a core',
      patchbay: median(rounds.map((pair) => pair.patchbay.node)),
      goal: '≤ 3 %',
    },
    { what: 'RSS of the pipeline', unit: 'MB', ...of(({ pipelineRss }) => pipelineRss) },
    { what: `each of ${encoders} at 720p30, 1.5 Mbit/s`, unit: '% of a core', patchbay: many.cpu / encoders },
    { what: 'of that Node', unit: '% of a core', patchbay: many.node / encoders },
  ]
}

/** CPU, beyond that of a server without an encoder: of everything but the media worker, which gst-launch has no counterpart of, and of Node alone. */
type Use = { cpu: number; node: number; pipelineRss: number }

async function bare(file: string): Promise<Use> {
  await using encoder = new Encoder(file, 'pipe:1')
  const gst = spawn('gst-launch-1.0', BARE.split(/\s+/), { stdio: ['pipe', 'ignore', 'inherit'] })
  gst.stdin.on('error', () => {})
  encoder.output.pipe(gst.stdin)
  await wait(SETTLE_MS)
  const { cpu } = await cpuPercent({ cpu: () => cpuSeconds(gst.pid!) }, () => wait(ROUND_MS))
  const use = { cpu, node: 0, pipelineRss: rssMb(gst.pid!) }
  const ended = once(gst, 'exit')
  gst.kill('SIGKILL')
  await ended
  return use
}

async function patchbay(file: string, count: number): Promise<Use> {
  await using server = await startPatchbay()
  const node = { node: () => cpuSeconds(server.pid) }
  await wait(SETTLE_MS)
  const idle = await cpuPercent(node, () => wait(ROUND_MS))
  const encoders = Array.from({ length: count }, (_, index) => new Encoder(file, `rtmp://127.0.0.1:${server.rtmpPort}/live/bench-${index}`))
  try {
    await untilLive(server, count)
    await wait(SETTLE_MS)
    const workers = mediaWorkersOf(server.pid)
    const pipelines = descendants(server.pid).filter((pid) => !workers.includes(pid))
    const ofPipelines = () => pipelines.reduce((total, pid) => total + cpuSeconds(pid), 0)
    const busy = await cpuPercent({ ...node, pipelines: ofPipelines }, () => wait(ROUND_MS))
    const more = busy.node - idle.node
    return { cpu: more + busy.pipelines, node: more, pipelineRss: Math.max(...pipelines.map(rssMb)) }
  } finally {
    await Promise.all(encoders.map((encoder) => encoder[Symbol.asyncDispose]()))
  }
}

async function untilLive({ url }: Server, count: number): Promise<void> {
  const body = JSON.stringify({ query: '{ rooms { tracks { id } } }' })
  for (const deadline = performance.now() + 30_000; ; await wait(200)) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body,
    })
    const text = await response.text()
    if ((text.match(/"id"/g) ?? []).length >= 2 * count) return
    if (performance.now() > deadline) throw new Error(`not live: ${text}`)
  }
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import type { BenchOptions } from './main.ts'
import { median } from './numbers.ts'
import { type Server, startBaseline, startPatchbay, TOKEN } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuPercent, cpuSeconds, rssMb, threadSeconds } from './usage.ts'

export const title = 'One camera of 10 pictures a second, 30 KB each, and its MJPEG viewers'

const ROUNDS = 3
const ROUND_MS = 5_000
const SETTLE_MS = 1_000
const VIEWERS = 500
const FPS = 10
const PICTURE = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(30_000 - 4, 0x55), Buffer.from([0xff, 0xd9])])
const PART_BYTES = PICTURE.length + 66

type Load = { fanOut: number; node: number; main: number; delivered: number; rss: number }

export async function run(_options: BenchOptions): Promise<Figure[]> {
  const rounds: { bare: Load; patchbay: Load }[] = []
  // One at a time: what the other sends would be in the way.
  for (let round = 0; round < ROUNDS; round++) rounds.push({ bare: await loadOfBare(), patchbay: await loadOfPatchbay() })

  const figure = (what: string, unit: string, of: (load: Load) => number, goal?: string): Figure => ({
    what,
    unit,
    baseline: median(rounds.map(({ bare }) => of(bare))),
    patchbay: median(rounds.map(({ patchbay }) => of(patchbay))),
    ratio: median(rounds.map(({ bare, patchbay }) => of(patchbay) / of(bare))),
    ...(goal !== undefined && { goal }),
  })
  return [
    figure(`CPU of the fan-out for 1000 pictures, ${VIEWERS} viewers`, 'ms', (load) => (load.fanOut * 10_000) / load.delivered, '≤ 1.1×'),
    figure('CPU of Node in all for 1000 pictures', 'ms', (load) => (load.node * 10_000) / load.delivered),
    figure('pictures delivered', '/s', ({ delivered }) => delivered),
    figure('RSS of Node', 'MB', ({ rss }) => rss),
    {
      what: 'main thread, more than while nobody watches',
      unit: '% of a core',
      patchbay: median(rounds.map(({ patchbay }) => patchbay.main)),
      goal: '< 1 %',
    },
  ]
}

async function loadOfBare(): Promise<Load> {
  await using server = await startBaseline('multipart.ts')
  return await loadOf(server, '/', '/ingest/ws')
}

async function loadOfPatchbay(): Promise<Load> {
  await using server = await startPatchbay()
  const secret = await cameraKey(server.url)
  return await loadOf(server, '/live/live/bench/mjpeg', `/ingest/ws?app=live&room=bench&key=${secret}`)
}

/** The plugin may still be starting. */
async function cameraKey(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ query: 'mutation { createCameraKey(app: "live", room: "bench") { secret } }' }),
    })
    const { data } = (await response.json()) as { data?: { createCameraKey: { secret: string } | null } | null }
    if (data?.createCameraKey) return data.createCameraKey.secret
    await wait(100)
  }
}

async function loadOf({ pid, port }: Server, path: string, ingest: string): Promise<Load> {
  await wait(SETTLE_MS)
  const idle = await cpuPercent({ main: () => cpuSeconds(pid, 'main thread') }, () => wait(ROUND_MS))
  const camera = new WebSocket(`ws://127.0.0.1:${port}${ingest}`, { perMessageDeflate: false })
  await once(camera, 'message')
  const timer = setInterval(() => camera.send(PICTURE), 1_000 / FPS)
  const readers = fork(fileURLToPath(new URL('mjpeg-readers.ts', import.meta.url)), [String(port), path, String(VIEWERS)])
  try {
    await once(readers, 'message')
    await wait(SETTLE_MS)
    const threads = readdirSync(`/proc/${pid}/task`).map(Number)
    const before = new Map(threads.map((thread) => [thread, threadSeconds(pid, thread)]))
    const [bytes, startedAt] = [await bytesOf(readers), performance.now()]
    const { node, main } = await cpuPercent({ node: () => cpuSeconds(pid), main: () => cpuSeconds(pid, 'main thread') }, () =>
      wait(ROUND_MS),
    )
    const seconds = (performance.now() - startedAt) / 1_000
    const delivered = ((await bytesOf(readers)) - bytes) / PART_BYTES / seconds
    // Whichever thread sends is the busiest by far.
    const fanOut = Math.max(...[...before].map(([thread, used]) => (100 * (threadSeconds(pid, thread) - used)) / seconds))
    return { fanOut, node, main: Math.max(0, main - idle.main), delivered, rss: rssMb(pid) }
  } finally {
    clearInterval(timer)
    camera.terminate()
    readers.disconnect()
  }
}

async function bytesOf(readers: ChildProcess): Promise<number> {
  const answer = once(readers, 'message')
  readers.send('bytes')
  return Number((await answer)[0])
}

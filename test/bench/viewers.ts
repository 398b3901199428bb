import { setTimeout as wait } from 'node:timers/promises'
import type { BenchOptions } from './main.ts'
import { median } from './numbers.ts'
import { publishNoise, Viewer } from './peers.ts'
import { type Server, startBaseline, startPatchbay } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuPercent, cpuSeconds, mediaWorkersOf, rssMb } from './usage.ts'

export const title = 'One publisher of 1 Mbit/s and its viewers'

const ROUNDS = 3
const ROUND_MS = 4_000
const SETTLE_MS = 1_500
const VIDEO = { bitrateBps: 1_000_000, packetsPerFrame: 4 }
const JOINING_AT_ONCE = 20

export async function run({ viewers: count }: BenchOptions): Promise<Figure[]> {
  const rounds: { bare: Load; patchbay: Load }[] = []
  // One at a time: what the other sends would be in the way.
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ bare: await loadOf(startBare, count), patchbay: await loadOf(startPatchbay, count) })

  const figure = (what: string, unit: string, of: (load: Load) => number, goal?: string): Figure => ({
    what,
    unit,
    baseline: median(rounds.map(({ bare }) => of(bare))),
    patchbay: median(rounds.map(({ patchbay }) => of(patchbay))),
    ratio: median(rounds.map(({ bare, patchbay }) => of(patchbay) / of(bare))),
    ...(goal !== undefined && { goal }),
  })
  return [
    figure(`media worker, for each of ${count} viewers`, '% of a core', ({ worker }) => worker / count, '≤ 1.03×'),
    figure('main thread in all', '% of a core', ({ main }) => main, '< 1 %'),
    figure('RSS of the media worker', 'MB', ({ workerRss }) => workerRss),
    figure('RSS of Node', 'MB', ({ nodeRss }) => nodeRss),
  ]
}

const startBare = () => startBaseline('mediasoup.ts')

type Load = { worker: number; main: number; workerRss: number; nodeRss: number }

async function loadOf(start: () => Promise<Server>, count: number): Promise<Load> {
  await using server = await start()
  const publisher = await publishNoise(`${server.url}/whip/live/bench`, VIDEO)
  const viewers = await Promise.all(Array.from({ length: count }, () => Viewer.prepare()))
  for (let first = 0; first < count; first += JOINING_AT_ONCE)
    await Promise.all(viewers.slice(first, first + JOINING_AT_ONCE).map((viewer) => viewer.watch(`${server.url}/whep/live/bench`)))
  await wait(SETTLE_MS)

  const workers = mediaWorkersOf(server.pid)
  const { worker, main } = await cpuPercent(
    {
      worker: () => workers.reduce((total, pid) => total + cpuSeconds(pid), 0),
      main: () => cpuSeconds(server.pid, 'main thread'),
    },
    () => wait(ROUND_MS),
  )
  const load = { worker, main, workerRss: Math.max(...workers.map(rssMb)), nodeRss: rssMb(server.pid) }
  for (const viewer of viewers) viewer.close()
  publisher.close()
  return load
}

import { setTimeout as wait } from 'node:timers/promises'
import { startJanus } from './janus.ts'
import type { BenchOptions } from './main.ts'
import { median } from './numbers.ts'
import { type Answerer, publishNoise, Viewer } from './peers.ts'
import { type Server, startBaseline, startPatchbay } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuPercent, cpuSeconds, mediaWorkersOf, rssMb } from './usage.ts'

export const title = 'One publisher of 1 Mbit/s and its viewers'

const ROUNDS = 3
const ROUND_MS = 4_000
const SETTLE_MS = 1_500
const VIDEO = { bitrateBps: 1_000_000, packetsPerFrame: 4 }
const JOINING_AT_ONCE = 20

export async function run({ viewers: count, janus: withJanus }: BenchOptions): Promise<Figure[]> {
  const rounds: { bare: Load; patchbay: Load; janus?: JanusLoad }[] = []
  // One at a time: what the other sends would be in the way.
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({
      bare: await loadOf(startBare, count),
      patchbay: await loadOf(startPatchbay, count),
      ...(withJanus && { janus: { asPackaged: await loadOfJanus(count), oneLoop: await loadOfJanus(count, { eventLoops: 1 }) } }),
    })

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
    ...besideJanus(rounds, count),
  ]
}

/** How much more Janus takes: the other way round than the ratios to what Patchbay is built on. */
function besideJanus(rounds: readonly { patchbay: Load; janus?: JanusLoad }[], count: number): Figure[] {
  const pairs = rounds.flatMap(({ patchbay, janus }) => (janus === undefined ? [] : [{ janus, worker: patchbay.worker }]))
  if (pairs.length === 0) return []
  const figure = (what: string, of: (janus: JanusLoad) => number): Figure => ({
    what,
    unit: '% of a core',
    baseline: median(pairs.map(({ janus }) => of(janus) / count)),
    patchbay: median(pairs.map(({ worker }) => worker / count)),
    ratio: median(pairs.map(({ janus, worker }) => of(janus) / worker)),
  })
  return [
    { ...figure('media CPU per viewer, Janus', ({ asPackaged }) => asPackaged), goal: '≥ 2×, Janus / Patchbay' },
    { ...figure('media CPU per viewer, Janus with one event loop', ({ oneLoop }) => oneLoop), goal: 'Janus / Patchbay' },
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

type JanusLoad = { asPackaged: number; oneLoop: number }

/** Percent of a core that all of Janus takes. */
async function loadOfJanus(count: number, settings?: { eventLoops: number }): Promise<number> {
  await using server = await startJanus(settings)
  const publisher = server.publishNoise(VIDEO)
  const viewers: Answerer[] = []
  while (viewers.length < count)
    viewers.push(...(await Promise.all(Array.from({ length: Math.min(JOINING_AT_ONCE, count - viewers.length) }, () => server.watch()))))
  await viewers.at(-1)?.packet()
  await wait(SETTLE_MS)

  const { janus } = await cpuPercent({ janus: () => cpuSeconds(server.pid) }, () => wait(ROUND_MS))
  for (const viewer of viewers) viewer.close()
  publisher.close()
  return janus
}

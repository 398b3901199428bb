import type { BenchOptions } from './main.ts'
import { median, quantile } from './numbers.ts'
import { publishNoise, Viewer } from './peers.ts'
import { type Server, startBaseline, startPatchbay } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuSeconds } from './usage.ts'

export const title = 'Join storm: WHEP viewers who come all at once'

const ROUNDS = 2
/** Every packet of every viewer is told to JavaScript here, so there are few. */
const VIDEO = { bitrateBps: 100_000, packetsPerFrame: 1 }

export async function run({ viewers }: BenchOptions): Promise<Figure[]> {
  await using bare = await startBaseline('mediasoup.ts')
  await using patchbay = await startPatchbay()
  const publishers = [
    await publishNoise(`${bare.url}/whip/live/bench`, VIDEO),
    await publishNoise(`${patchbay.url}/whip/live/bench`, VIDEO),
  ]
  const rounds: { bare: Storm; patchbay: Storm }[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const pair = { bare: await storm(bare, viewers), patchbay: await storm(patchbay, viewers) }
    // The first round warms both up.
    if (round > 0) rounds.push(pair)
  }
  for (const publisher of publishers) publisher.close()

  const figure = (what: string, unit: string, of: (storm: Storm) => number, goal?: string): Figure => ({
    what: `${viewers} joins: ${what}`,
    unit,
    baseline: median(rounds.map((pair) => of(pair.bare))),
    patchbay: median(rounds.map((pair) => of(pair.patchbay))),
    ratio: median(rounds.map((pair) => of(pair.patchbay) / of(pair.bare))),
    ...(goal !== undefined && { goal }),
  })
  return [
    figure('answer, p50', 'ms', ({ answers }) => median(answers)),
    figure('answer, p99', 'ms', ({ answers }) => quantile(answers, 0.99)),
    figure('first packet, p50', 'ms', ({ packets }) => median(packets)),
    figure('first packet, p99', 'ms', ({ packets }) => quantile(packets, 0.99), '< 1,000 ms'),
    {
      what: 'of these never connected, in all rounds',
      unit: '',
      baseline: lost(rounds.map(({ bare }) => bare)),
      patchbay: lost(rounds.map(({ patchbay }) => patchbay)),
    },
    figure('CPU of Node for each', 'ms', ({ cpuMs }) => cpuMs / viewers),
  ]
}

function lost(storms: readonly Storm[]): number {
  return storms.flatMap(({ packets }) => packets).filter((ms) => !Number.isFinite(ms)).length
}

type Storm = { answers: number[]; packets: number[]; cpuMs: number }

async function storm(server: Server, count: number): Promise<Storm> {
  const viewers = await Promise.all(Array.from({ length: count }, () => Viewer.prepare()))
  const before = cpuSeconds(server.pid)
  const times = await Promise.all(viewers.map((viewer) => viewer.timeToFirstPacket(`${server.url}/whep/live/bench`)))
  const cpuMs = (cpuSeconds(server.pid) - before) * 1_000
  for (const viewer of viewers) viewer.close()
  return { answers: times.map(({ answerMs }) => answerMs), packets: times.map(({ packetMs }) => packetMs), cpuMs }
}

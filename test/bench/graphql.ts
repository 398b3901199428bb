import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { connect } from '../../plugins/kit/rpc.ts'
import { httpLoad } from './http-load.ts'
import { median } from './numbers.ts'
import { type Server, startBaseline, startPatchbay, TOKEN } from './servers.ts'
import type { Figure } from './table.ts'
import { cpuSeconds } from './usage.ts'
import { WsReaders } from './ws-readers.ts'

export const title = 'GraphQL: queries, shared subscriptions, calls into a plugin thread'

const ROUNDS = 5
const ROUND_MS = 1_200
const READERS = 200
const CALLS = 5_000

export async function run(): Promise<Figure[]> {
  return [...(await queries()), ...(await deliveries()), ...(await calls())]
}

/** What is done in a second of its CPU: what the machine does beside it weighs less than in a second of the clock. */
async function perCpuSecond({ pid }: Server, work: () => Promise<number>): Promise<number> {
  const before = cpuSeconds(pid)
  const done = await work()
  return done / (cpuSeconds(pid) - before)
}

/** Both in turns. @returns The medians, and the median of the ratios of neighbours. */
async function inTurns(baseline: () => Promise<number>, patchbay: () => Promise<number>) {
  const pairs: [number, number][] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const pair: [number, number] = [await baseline(), await patchbay()]
    // The first round warms both up.
    if (round > 0) pairs.push(pair)
  }
  return {
    baseline: median(pairs.map(([one]) => one)),
    patchbay: median(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([one, other]) => other / one)),
  }
}

async function queries(): Promise<Figure[]> {
  await using yoga = await startBaseline('yoga.ts')
  await using patchbay = await startPatchbay()
  const ask = (server: Server, query: string) => () =>
    perCpuSecond(server, () =>
      httpLoad({
        port: server.port,
        path: '/graphql',
        body: JSON.stringify({ query }),
        headers: { authorization: `Bearer ${TOKEN}` },
        connections: 20,
        durationMs: ROUND_MS,
      }),
    )
  const measured = await inTurns(
    ask(yoga, '{ server { version startedAt logLevel } }'),
    ask(patchbay, '{ server { version startedAt logLevel } }'),
  )
  return [{ what: 'queries of core fields, against bare yoga', unit: 'per CPU second', ...measured, goal: '≥ 0.9×' }]
}

async function deliveries(): Promise<Figure[]> {
  await using naive = await startBaseline('naive-ws.ts')
  await using shared = await startBaseline('shared-ws.ts')
  const deliver = (server: typeof naive) => async () => {
    const readers = await WsReaders.open(server.port, READERS, 'subscription { board }', 'sk_admin')
    const rate = await perCpuSecond(server, async () => {
      const before = readers.frames
      server.process.send(ROUND_MS)
      await once(server.process, 'message')
      return readers.frames - before
    })
    readers.close()
    return rate
  }
  const measured = await inTurns(deliver(naive), deliver(shared))
  return [
    {
      what: `deliveries of one subscription to ${READERS} clients, against graphql-ws`,
      unit: 'per CPU second',
      ...measured,
      goal: '≥ 150,000',
    },
  ]
}

async function calls(): Promise<Figure[]> {
  const rpc = new MessageChannel()
  const bare = new MessageChannel()
  const worker = new Worker(new URL('rpc-answers.ts', import.meta.url), {
    workerData: { rpc: rpc.port2, bare: bare.port2 },
    transferList: [rpc.port2, bare.port2],
  })
  const remote = connect<{ echo: { say(value: object): object } }>(rpc.port1, 'bench')
  const value = { room: 'live/demo', identity: 'camera', tracks: ['a', 'b'] }
  const overRpc = () => remote.echo.say(value)
  let answered = () => {}
  bare.port1.on('message', () => answered())
  const overPort = () =>
    new Promise<void>((resolve) => {
      answered = resolve
      bare.port1.postMessage(value)
    })
  const micros = (call: () => Promise<unknown>) => async () => {
    const startedAt = performance.now()
    for (let n = 0; n < CALLS; n++) await call()
    return ((performance.now() - startedAt) / CALLS) * 1_000
  }
  const measured = await inTurns(micros(overPort), micros(overRpc))
  await worker.terminate()
  return [{ what: 'one call across a plugin port, against a bare message', unit: 'µs', ...measured }]
}

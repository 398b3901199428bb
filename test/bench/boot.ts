import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import plugins from '../../plugins.config.ts'
import { median } from './numbers.ts'
import { startBaseline, startPatchbay } from './servers.ts'
import type { Figure } from './table.ts'
import { rssMb } from './usage.ts'

export const title = 'Boot: from the command to the port, and memory when idle'

const ROUNDS = 3
/** After a start the garbage of it goes. */
const SETTLE_MS = 1_000

export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-bench-'))
  const nothing = join(folder, 'plugins.config.mjs')
  await writeFile(nothing, 'export default []\n')
  const kept = { DATA_DIR: join(folder, 'data') }
  await measure(() => startPatchbay(kept))
  const rounds: Record<'bare' | 'fresh' | 'again' | 'without', { readyMs: number; rssMb: number }>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      bare: await measure(() => timed(() => startBaseline('mediasoup.ts'))),
      fresh: await measure(() => startPatchbay()),
      again: await measure(() => startPatchbay(kept)),
      without: await measure(() => startPatchbay(kept, nothing)),
    })
  }
  await rm(folder, { recursive: true, force: true })

  const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read))
  const count = pluginCount()
  return [
    {
      what: 'ready, with data of an earlier run',
      unit: 'ms',
      baseline: of(({ bare }) => bare.readyMs),
      patchbay: of(({ again }) => again.readyMs),
      goal: '< 1,200 ms',
    },
    { what: 'ready, the first time', unit: 'ms', patchbay: of(({ fresh }) => fresh.readyMs) },
    {
      what: `RSS with ${count} plugins`,
      unit: 'MB',
      baseline: of(({ bare }) => bare.rssMb),
      patchbay: of(({ again }) => again.rssMb),
      goal: '< 300 MB',
    },
    { what: 'RSS without plugins', unit: 'MB', patchbay: of(({ without }) => without.rssMb) },
    { what: 'RSS of a plugin thread', unit: 'MB', patchbay: of(({ again, without }) => (again.rssMb - without.rssMb) / count) },
  ]
}

type Started = AsyncDisposable & { pid: number; readyMs: number }

async function measure(start: () => Promise<Started>): Promise<{ readyMs: number; rssMb: number }> {
  await using server = await start()
  await wait(SETTLE_MS)
  return { readyMs: server.readyMs, rssMb: rssMb(server.pid) }
}

async function timed<S extends object>(start: () => Promise<S>): Promise<S & { readyMs: number }> {
  const startedAt = performance.now()
  const server = await start()
  return Object.assign(server, { readyMs: performance.now() - startedAt })
}

function pluginCount(): number {
  const facts = { host: '127.0.0.1', rtmpPort: 0 }
  return (typeof plugins === 'function' ? plugins(facts as Parameters<typeof plugins>[0]) : plugins).length
}

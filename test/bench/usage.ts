import { existsSync, readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU time that a process has used, in seconds, with a resolution of 10 ms. `thread`: of its main thread only. */
export function cpuSeconds(pid: number, thread?: 'main thread'): number {
  return thread ? threadSeconds(pid, pid) : secondsIn(`/proc/${pid}/stat`)
}

/** CPU time that one thread of a process has used, in seconds; none when it has ended. */
export function threadSeconds(pid: number, thread: number): number {
  return secondsIn(`/proc/${pid}/task/${thread}/stat`)
}

function secondsIn(file: string): number {
  if (!existsSync(file)) return 0
  const stat = readFileSync(file, 'utf8')
  // The name, in brackets, may contain spaces.
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) / TICKS_PER_SECOND
}

/** Resident memory of a process. */
export function rssMb(pid: number): number {
  const [, kb = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}

/** The processes that this one started, and theirs. */
export function descendants(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
    return list === '' ? [] : list.split(' ').map(Number)
  })
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** The mediasoup-workers among what a process started. */
export function mediaWorkersOf(pid: number): number[] {
  return descendants(pid).filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('mediasoup-worker'))
}

/** Percent of one core that each of `readings` used while `work` ran. */
export async function cpuPercent<Name extends string>(
  readings: Record<Name, () => number>,
  work: () => Promise<unknown>,
): Promise<Record<Name, number>> {
  const names = Object.keys(readings) as Name[]
  const before = names.map((name) => readings[name]())
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1_000
  return Object.fromEntries(names.map((name, index) => [name, (100 * (readings[name]() - before[index]!)) / seconds])) as Record<
    Name,
    number
  >
}

import { readFile } from 'node:fs/promises'
import { uptime } from 'node:os'

export type ProcessUsage = {
  /** CPU time spent since the last reading (the first time, since the process began), in percent of one core. */
  cpuPercent: number
  /** CPU time spent since the process began, in milliseconds. */
  cpuMs: number
  /** Memory resident, shared libraries included, in bytes. */
  rssBytes: number
}

/** Linux counts CPU time in hundredths of a second towards user space, whatever the kernel's own tick. */
const TICK_MS = 10
const PAGE_BYTES = 4096

/** Reads what a process uses from /proc. */
export class UsageMeter {
  readonly #pid: number
  #last: { at: number; cpuMs: number } | undefined

  constructor(pid: number) {
    this.#pid = pid
  }

  /** @returns undefined when there is no such process any more. */
  async read(): Promise<ProcessUsage | undefined> {
    const stat = await readFile(`/proc/${this.#pid}/stat`, 'utf8').catch(() => undefined)
    // The second field, the name, may itself hold spaces and brackets.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (!fields || fields[0] === 'Z') return undefined

    const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS
    const at = uptime() * 1_000
    const since = this.#last ?? { at: Number(fields[19]) * TICK_MS, cpuMs: 0 }
    const cpuPercent = (100 * (cpuMs - since.cpuMs)) / Math.max(TICK_MS, at - since.at)
    this.#last = { at, cpuMs }
    return { cpuPercent, cpuMs, rssBytes: Number(fields[21]) * PAGE_BYTES }
  }
}

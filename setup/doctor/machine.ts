import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Finding } from './finding.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const WANTED_RECEIVE_BUFFER = 4 * MIB

export function checkNode(): Finding[] {
  const cores = `${availableParallelism()} cores, ${(totalmem() / GIB).toFixed(1)} GiB of memory`
  const fits = Number(process.versions.node.split('.')[0]) >= 24
  return [
    {
      verdict: fits ? 'ok' : 'FAIL',
      subject: 'Node',
      detail: `${process.versions.node}${fits ? '' : ': Patchbay runs on Node 24 or newer'}`,
    },
    { verdict: 'ok', subject: 'machine', detail: `${process.arch}, ${cores}` },
  ]
}

/** Keyframes arrive in bursts; what the kernel's receive buffer can not hold is lost inside the machine. */
export function checkReceiveBuffer(): Finding[] {
  const subject = 'UDP receive buffer'
  const bytes = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
  if (bytes >= WANTED_RECEIVE_BUFFER) return [{ verdict: 'ok', subject, detail: `net.core.rmem_max is ${(bytes / MIB).toFixed(1)} MiB` }]
  const advice = `sysctl -w net.core.rmem_max=${WANTED_RECEIVE_BUFFER} (keep it in /etc/sysctl.d/)`
  return [{ verdict: 'warn', subject, detail: `${(bytes / 1024).toFixed(0)} KiB lose packets at keyframes of busy streams: ${advice}` }]
}

export async function checkDisk(): Promise<Finding[]> {
  const { bavail, bsize } = await statfs('.')
  const free = bavail * bsize
  const verdict = free < 0.2 * GIB ? 'FAIL' : free < 2 * GIB ? 'warn' : 'ok'
  const detail = `${(free / GIB).toFixed(1)} GiB free${verdict === 'ok' ? '' : ': recordings will soon fill it'}`
  return [{ verdict, subject: 'disk', detail }]
}

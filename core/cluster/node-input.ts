import { isIP } from 'node:net'
import { MediaError } from '../kernel/errors.ts'
import type { NodeStatus } from './nodes.ts'

/** What a node says about itself in a heartbeat. */
export type NodeStats = Record<string, unknown>

export type NewNode = {
  /** By it a node is known again when it joins once more. */
  name: string
  ip: string
  region?: string
  /** Where it is reached from outside; its address when absent. */
  url?: string
}

export type NodeChange = { name?: string; region?: string; status?: NodeStatus }

const NAME = /^[a-zA-Z0-9._-]{1,64}$/
const LONGEST_STATS = 4_096

/** @throws {MediaError} `INPUT_INVALID` naming the field. */
export function checkNewcomer({ name, ip, region, url }: NewNode): void {
  checkName(name)
  if (isIP(ip) === 0) refuse('ip', 'must be an IPv4 or IPv6 address')
  checkLength('region', region, 64)
  checkLength('url', url, 255)
}

/** @throws {MediaError} `INPUT_INVALID` naming the field. */
export function checkChange({ name, region }: NodeChange): void {
  if (name !== undefined) checkName(name)
  checkLength('region', region, 64)
}

/** @throws {MediaError} `INPUT_INVALID` for what is no object, or `NODE_STATS_TOO_LARGE`. */
export function checkedStats(stats: unknown): NodeStats {
  if (typeof stats !== 'object' || stats === null || Array.isArray(stats)) refuse('stats', 'must be an object')
  const size = Buffer.byteLength(JSON.stringify(stats))
  if (size > LONGEST_STATS) throw new MediaError('NODE_STATS_TOO_LARGE', { limit: LONGEST_STATS, size })
  return stats as NodeStats
}

function checkName(name: string): void {
  if (!NAME.test(name)) refuse('name', 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -')
}

function checkLength(field: string, value: string | undefined, most: number): void {
  if (value !== undefined && value.length > most) refuse(field, `must be shorter than or equal to ${most} characters`)
}

function refuse(field: string, reason: string): never {
  throw new MediaError('INPUT_INVALID', { field, reason })
}

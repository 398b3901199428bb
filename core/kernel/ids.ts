import { randomBytes } from 'node:crypto'

/** Prefixes tell a reader what an id names; the rest is 128 unguessable bits. */
export type IdPrefix = 'PA' | 'TR' | 'VW' | 'IN' | 'TK' | 'SE' | 'TO' | 'EG' | 'US' | 'LS'

export function newId(prefix: IdPrefix): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`
}

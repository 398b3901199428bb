import { randomBytes } from 'node:crypto'

/** Prefixes tell a reader what an id names; the rest is 96 unguessable bits. */
export type IdPrefix = 'PA' | 'TR' | 'VW' | 'IN' | 'TK' | 'SE' | 'TO' | 'EG'

export function newId(prefix: IdPrefix): string {
  return `${prefix}_${randomBytes(12).toString('base64url')}`
}

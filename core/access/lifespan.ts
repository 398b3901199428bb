import { MediaError } from '../kernel/errors.ts'

const LIFESPAN = /^(\d{1,9})([smhd])$/
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 }
/** Ten years: what is to last longer than that was mistyped. */
const LONGEST_S = 3_650 * 86_400

/**
 * How long something lasts, in seconds, written as a number and its unit: `90s`, `10m`, `6h`, `30d`.
 *
 * @throws {MediaError} `INPUT_INVALID` naming the field.
 */
export function parseLifespan(text: string, field: string): number {
  const [, digits, unit] = LIFESPAN.exec(text) ?? []
  const seconds = Number(digits) * SECONDS[unit as keyof typeof SECONDS]
  if (!(seconds >= 1 && seconds <= LONGEST_S)) {
    throw new MediaError('INPUT_INVALID', {
      field,
      reason: 'a number above 0 and its unit, such as 90s, 10m, 6h or 30d; ten years at most',
    })
  }
  return seconds
}

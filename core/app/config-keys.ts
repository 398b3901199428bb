import { z } from 'zod'

type Range = { min?: number; max?: number }

export const text = (description: string, fallback = '', max = 255) => z.string().max(max).default(fallback).describe(description)
export const flag = (description: string, fallback: boolean) => z.boolean().default(fallback).describe(description)

export const wholeNumber = (description: string, fallback: number, { min = 0, max = 1_000_000_000 }: Range = {}) =>
  z.int().min(min).max(max).default(fallback).describe(description)

export const number = (description: string, fallback: number, { min = 0, max = 1_000_000_000 }: Range = {}) =>
  z.number().min(min).max(max).default(fallback).describe(description)

/** One of these numbers; the first is the default. */
export function oneNumberOf<const Values extends readonly [number, ...number[]]>(description: string, values: Values) {
  return z
    .literal<readonly Values[number][]>([...values])
    .default(() => values[0] as never)
    .describe(description)
}

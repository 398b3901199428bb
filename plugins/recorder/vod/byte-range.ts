export type ByteRange = { readonly start: number /** Inclusive. */; readonly end: number }

/**
 * What a `Range` header asks for of so many bytes. Several ranges, other units and nonsense are ignored, as HTTP allows: the answer is the
 * whole then.
 *
 * @returns Undefined for the whole; `NONE` when there is nothing there.
 */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | 'NONE' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '')
    return Number(last) === 0 || sizeBytes === 0 ? 'NONE' : { start: Math.max(0, sizeBytes - Number(last)), end: sizeBytes - 1 }
  const start = Number(first)
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= sizeBytes ? 'NONE' : { start, end }
}

import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'
import { HttpRefusal } from './answer.ts'

/** How the body of a route is read. */
export type BodyReader<T> = {
  /** Media types that are taken, without parameters; the first is the documented one. */
  readonly types: readonly string[]
  /** Whether a request that names no media type is taken as well; `ANY`: or whatever it names. */
  readonly typeOptional: boolean | 'ANY'
  readonly maxBytes: number
  readonly schema: z.ZodType<T>
  parse(text: string): T
}

const DEFAULT_MAX_BYTES = 1_048_576
/** What of a body that is too long is still read: many senders look for our answer only when they have sent all of it. */
const MAX_DROPPED_BYTES = 16 * 1_048_576

/** A body that is taken as it is, such as a session description. */
export function textBody(options: { types: readonly string[]; typeOptional?: boolean; maxBytes?: number }): BodyReader<string> {
  const { types, typeOptional = false, maxBytes = DEFAULT_MAX_BYTES } = options
  return { types, typeOptional, maxBytes, schema: z.string(), parse: (text) => text }
}

/** A JSON body, checked. One that is left out is read as `{}`. */
export function jsonBody<T>(schema: z.ZodType<T>, options: { maxBytes?: number; anyType?: boolean } = {}): BodyReader<T> {
  return {
    types: ['application/json'],
    typeOptional: options.anyType ? 'ANY' : true,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    schema,
    parse: (text) => check(schema, parseJson(text)),
  }
}

/** @throws {MediaError} `INPUT_INVALID` naming the first field that is wrong; `issues` lists all of them. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), reason: message }))
  throw new MediaError('INPUT_INVALID', { ...issues[0], issues })
}

/** @throws {HttpRefusal} 415 when the request names a media type that is not taken, or none where one is wanted. */
export function requireType({ headers }: IncomingMessage, { types, typeOptional }: BodyReader<unknown>): void {
  if (typeOptional === 'ANY') return
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === '' ? !typeOptional : !types.includes(type)) throw new HttpRefusal(415)
}

/** @throws {HttpRefusal} 413 when the body is longer than `maxBytes`, 400 when it breaks off or is no UTF-8. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength
      if (size <= maxBytes) chunks.push(chunk)
      else if (size > maxBytes + MAX_DROPPED_BYTES) break
    }
    if (size <= maxBytes) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new HttpRefusal(400)
  }
  throw new HttpRefusal(413, size > maxBytes + MAX_DROPPED_BYTES ? { connection: 'close' } : {})
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new MediaError('INPUT_INVALID', { field: 'body', reason: 'not JSON' })
  }
}

import { HttpRefusal } from './refusal.ts'

export const SDP = 'application/sdp'
export const SDP_FRAGMENT = 'application/trickle-ice-sdpfrag'
export const JSON_TYPE = 'application/json'

/** How much of a body that is too long is still read, as a multiple of the limit, so that its sender gets to read our answer. */
const READ_ON = 4
/** Milliseconds in which a body has to be here. These are a few kilobytes: whoever takes longer is holding on to a connection. */
const TIMEOUT_MS = 10_000

/**
 * The text of a request.
 *
 * @throws {HttpRefusal} 415 when it is of another media type, 413 when it is longer than `maxBytes`, 408 when it does not come,
 *   400 when it breaks off or is no UTF-8.
 */
export async function readBody(request: Request, type: string, maxBytes: number, timeoutMs = TIMEOUT_MS): Promise<string> {
  if (mediaTypeOf(request) !== type) throw new HttpRefusal(415, 'MEDIA_TYPE_UNSUPPORTED', `The body has to be ${type}.`)

  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new HttpRefusal(408, 'TIMEOUT', `The body was not here after ${timeoutMs} ms.`)), timeoutMs)
  try {
    return decode(await Promise.race([collect(request, maxBytes), late.promise]))
  } finally {
    clearTimeout(timer)
  }
}

async function collect(request: Request, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength
      if (size <= maxBytes) chunks.push(chunk)
      else if (size > maxBytes * READ_ON) break
    }
  } catch {
    throw new HttpRefusal(400, 'INPUT_INVALID', 'The body broke off.')
  }
  if (size > maxBytes) throw new HttpRefusal(413, 'BODY_TOO_LARGE', `The body is longer than ${maxBytes} bytes.`)
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpRefusal(400, 'INPUT_INVALID', 'The body is not UTF-8.')
  }
}

/** Without parameters, such as a charset. */
function mediaTypeOf(request: Request): string | undefined {
  return request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
}

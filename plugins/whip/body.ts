import { HttpRefusal } from './refusal.ts'

export const SDP = 'application/sdp'
export const SDP_FRAGMENT = 'application/trickle-ice-sdpfrag'
export const JSON_TYPE = 'application/json'

/** How much of a body that is too long is still read, as a multiple of the limit, so that its sender gets to read our answer. */
const READ_ON = 4

/**
 * The text of a request.
 *
 * @throws {HttpRefusal} 415 when it is of another media type, 413 when it is longer than `maxBytes`, 400 when it is no UTF-8.
 */
export async function readBody(request: Request, type: string, maxBytes: number): Promise<string> {
  if (mediaTypeOf(request) !== type) throw new HttpRefusal(415, 'MEDIA_TYPE_UNSUPPORTED', `The body has to be ${type}.`)

  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size <= maxBytes) chunks.push(chunk)
    else if (size > maxBytes * READ_ON) break
  }
  if (size > maxBytes) throw new HttpRefusal(413, 'BODY_TOO_LARGE', `The body is longer than ${maxBytes} bytes.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new HttpRefusal(400, 'INPUT_INVALID', 'The body is not UTF-8.')
  }
}

/** Without parameters, such as a charset. */
function mediaTypeOf(request: Request): string | undefined {
  return request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
}

import type { types } from 'mediasoup'
import { MediaError, messageOf } from '../kernel/errors.ts'

/**
 * Asks mediasoup for something on a transport, and says in our words why it would not.
 *
 * @param field The argument that is to blame when mediasoup finds a value wrong.
 * @throws {MediaError} `INPUT_INVALID`, `CODEC_UNSUPPORTED`, `CONFLICT`, or `MEDIA_UNAVAILABLE` when the transport, or the media worker
 *   under it, has gone meanwhile.
 */
export async function ask<T>(transport: types.WebRtcTransport, field: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof MediaError) throw error
    const name = error instanceof Error ? error.name : ''
    if (transport.closed || name === 'WorkerClosedError') throw new MediaError('MEDIA_UNAVAILABLE')
    const reason = messageOf(error)
    if (name === 'UnsupportedError') throw new MediaError('CODEC_UNSUPPORTED', { field, reason })
    if (error instanceof TypeError) throw new MediaError('INPUT_INVALID', { field, reason })
    // What its worker refuses for the state it is in: an SSRC or a stream id in use, a second connect.
    throw new MediaError('CONFLICT', { field, reason })
  }
}

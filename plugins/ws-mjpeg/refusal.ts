import type { WebSocket } from 'ws'

/** Why a WebSocket is closed from here, as its client is told. Codes from 4000 on are StreamHub's. */
export type Refusal = {
  readonly closeCode: number
  /** The machine's word for it, in the message that goes before; absent: the close code. */
  readonly code?: string
  readonly reason: string
}

const refusal = (closeCode: number, reason: string): Refusal => ({ closeCode, reason })
const named = (closeCode: number, code: string): Refusal => ({ closeCode, code, reason: code })

export const REFUSALS = {
  rateLimited: refusal(4429, 'rate_limited'),
  invalidApp: refusal(4401, 'invalid_app'),
  invalidRoom: refusal(4401, 'invalid_room'),
  invalidKey: refusal(4401, 'invalid_key'),
  unknownApp: refusal(4401, 'unknown_app'),
  roomMismatch: refusal(4401, 'room_mismatch'),
  revoked: refusal(4401, 'revoked'),
  stopped: refusal(4401, 'stopped'),
  playbackUnauthorized: refusal(4401, 'playback_unauthorized'),
  disabled: refusal(4403, 'ws_ingest_disabled'),
  quotaExceeded: refusal(4403, 'quota_exceeded'),
  maxCameras: refusal(4403, 'max_cameras'),
  maxViewers: refusal(4403, 'max_viewers'),
  replaced: refusal(4409, 'replaced by new connection'),
  idle: named(4408, 'idle_timeout'),
  frameTooLarge: named(4413, 'frame_too_large'),
  invalidFrames: named(1003, 'invalid_frames'),
  unavailable: refusal(1013, 'unavailable'),
  goingAway: refusal(1001, 'going_away'),
} as const satisfies Record<string, Refusal>

/** What is thrown where a handshake ends. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** A client that does not answer is given this long, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000

/** Tells why, then closes. */
export function refuse(socket: WebSocket, { closeCode, code = String(closeCode), reason }: Refusal): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(JSON.stringify({ type: 'error', code, message: reason }))
  socket.close(closeCode, reason)
  // A client that was not read from yet could otherwise never be heard to answer.
  socket.resume()
  const cut = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS)
  socket.once('close', () => clearTimeout(cut))
}

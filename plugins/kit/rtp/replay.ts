import { framedPacket } from './framed-packet.ts'
import { packFrame } from './h264-payload.ts'
import { MAX_PAYLOAD_BYTES } from './rtp-sender.ts'

/** The payload type of what is replayed. */
export const REPLAY_PAYLOAD_TYPE = 96
/** The last picture comes that much later than all the others, in milliseconds: who wants only that one tells it by this. */
const LAST_PICTURE_MS = 1_000
const CLOCK_RATE = 90_000

/** A frame of H.264 in the order of decoding, and when it is shown. */
export type ReplayedFrame = { readonly units: readonly Buffer[]; readonly sessionMs: number }

/**
 * The frames with their times pushed together to a millisecond each, right before the last one. So they are decoded as fast
 * as it goes and hardly shown, and what follows is in its true time.
 *
 * @param marginMs How long before the last frame the others end: none may share its time with it.
 */
export function pressedTogether<Frame extends ReplayedFrame>(frames: readonly Frame[], marginMs: number): Frame[] {
  const shown = [...frames].sort((a, b) => a.sessionMs - b.sessionMs)
  const last = shown.at(-1)
  if (!last) return []
  const startMs = last.sessionMs - marginMs - frames.length
  const places = new Map(shown.map((frame, place) => [frame, startMs + place]))
  return frames.map((frame) => (frame === last ? frame : { ...frame, sessionMs: places.get(frame) ?? startMs }))
}

/**
 * What leads to the present picture, as packets behind their lengths: nothing when there is no keyframe among the frames.
 *
 * @param sets SPS and PPS for keyframes that bring none.
 */
export function* replayed(frames: readonly ReplayedFrame[], sets: readonly Buffer[]): Generator<Buffer> {
  const pressed = pressedTogether(frames, LAST_PICTURE_MS)
  const startMs = Math.min(...pressed.map(({ sessionMs }) => sessionMs))
  let sequence = 0
  for (const { units, sessionMs } of pressed) {
    const rtpTime = Math.round(((sessionMs - startMs) * CLOCK_RATE) / 1_000)
    const packets: Buffer[] = []
    packFrame(units, sets, MAX_PAYLOAD_BYTES, (payload, marker) =>
      packets.push(...framedPacket({ payloadType: REPLAY_PAYLOAD_TYPE, sequence: sequence++, rtpTime, marker, payload })),
    )
    yield Buffer.concat(packets)
  }
}

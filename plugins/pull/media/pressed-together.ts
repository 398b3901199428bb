import type { H264Frame } from './h264-frames.ts'

/** How long before the last frame the others end, in milliseconds: none may share its time with it. */
const MARGIN_MS = 20

/**
 * The frames with their times pushed together to a millisecond each, right before the last one. So they are decoded as fast
 * as it goes and hardly shown, and what follows is in its true time.
 */
export function pressedTogether(frames: readonly H264Frame[], marginMs = MARGIN_MS): H264Frame[] {
  const shown = [...frames].sort((a, b) => a.sessionMs - b.sessionMs)
  const last = shown.at(-1)
  if (!last) return []
  const startMs = last.sessionMs - marginMs - frames.length
  const places = new Map(shown.map((frame, place) => [frame, startMs + place]))
  return frames.map((frame) => (frame === last ? frame : { ...frame, sessionMs: places.get(frame) ?? startMs }))
}

import { type ReplayedFrame, replayed } from '../kit/rtp/replay.ts'
import type { FlvPipeline } from './flv-pipeline.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import { parseVideoTag } from './protocol/video-tag.ts'
import { nalLengthBytes, nalUnits, parameterSets } from './rtp/avcc.ts'

/** How long before the last frame the replayed ones end, in milliseconds: none may share its time with it. */
const MARGIN_MS = 20

/**
 * Brings a pipeline that was just started to where the stream is: sequence header and the frames since the last keyframe,
 * their times pushed together to a millisecond each, right before the present one. So they are decoded as fast as it goes
 * and hardly shown, and what follows is in its true time.
 */
export function replay(cache: GopCache, pipeline: FlvPipeline): void {
  const messages = cache.snapshot().filter(({ type }) => type === 'video')
  const tags = messages.map((message) => ({ message, tag: parseVideoTag(message.payload) }))
  const frames = tags.filter(({ tag }) => tag?.packet === 'FRAME')
  const first = frames[0]
  const last = frames.at(-1)
  for (const { message, tag } of tags) if (tag?.packet === 'SEQUENCE_HEADER') pipeline.writeHeader(message)
  if (!first || !last) return

  const frameMs = Math.max(1, (last.message.timestampMs - first.message.timestampMs) / Math.max(1, frames.length - 1))
  const startMs = last.message.timestampMs - MARGIN_MS - frames.length
  frames.forEach(({ message, tag }, index) => {
    const delayMs = tag?.compositionTimeMs ?? 0
    if (index === frames.length - 1) pipeline.write(message, delayMs)
    else pipeline.write(...pushedTogether(message.payload, startMs + index, Math.round(delayMs / frameMs)))
  })
}

/** What the cache holds of H.264, as packets for whoever wants the present picture. */
export function replayOf(cache: GopCache): Iterable<Buffer> {
  const frames: ReplayedFrame[] = []
  let sets: Buffer[] = []
  let lengthBytes = 4
  for (const { type, payload, timestampMs } of cache.snapshot()) {
    const tag = type === 'video' ? parseVideoTag(payload) : undefined
    if (tag?.codec !== 'H264') continue
    const data = payload.subarray(tag.dataOffset)
    if (tag.packet === 'SEQUENCE_HEADER') {
      sets = parameterSets(data)
      lengthBytes = nalLengthBytes(data)
    } else if (tag.packet === 'FRAME') {
      frames.push({ units: nalUnits(data, lengthBytes), sessionMs: timestampMs + tag.compositionTimeMs })
    }
  }
  return replayed(frames, sets)
}

function pushedTogether(payload: Buffer, timestampMs: number, delayMs: number): Parameters<FlvPipeline['write']> {
  const timed = Buffer.from(payload)
  timed.writeIntBE(delayMs, 2, 3)
  return [{ type: 'video', timestampMs, payload: timed }, delayMs]
}

import { buffer } from 'node:stream/consumers'
import { pipeline as pipe } from 'node:stream/promises'
import type { TrackData } from '../kit/core-api.ts'
import type { CaptureHost, CaptureOptions } from './capture.ts'
import { Inbox } from './inbox.ts'
import { replayPipeline } from './launch.ts'

/** A publisher that has not brought anything by then keeps nothing, in milliseconds. */
const ANSWER_WITHIN_MS = 1_500

/**
 * Takes the present picture of a track from what its publisher keeps of it, without waiting for a keyframe or starting anybody's
 * transcoder.
 *
 * @returns undefined when nothing is kept.
 * @throws {MediaError} `TRACK_NOT_FOUND` or `PIPELINE_FAILED`.
 */
export async function captureReplay(
  { core, pipelines }: CaptureHost,
  track: TrackData,
  { widthPx, quality, signal }: CaptureOptions & { signal: AbortSignal },
): Promise<Buffer | undefined> {
  using inbox = await Inbox.open()
  await using pipeline = await pipelines.start({ name: `snapshot of ${track.room}`, ...replayPipeline(widthPx, quality), signal })
  await core.tracks.replay(track.id, inbox.delivery)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
  const delivered = await inbox.delivered(patience).catch(() => undefined)
  const [input] = pipeline.inputs
  const [output] = pipeline.outputs
  if (!delivered || !input || !output) return undefined

  // Its output ends when the process does, which is after its input has.
  const [pictures] = await Promise.all([buffer(output), pipe(delivered, input).catch(() => {})])
  return lastJpegOf(pictures)
}

/** @see ITU-T T.81 section B.1.1.3: SOI, before the first marker of a picture. */
const START_OF_IMAGE = Buffer.from([0xff, 0xd8, 0xff])

function lastJpegOf(pictures: Buffer): Buffer | undefined {
  const start = pictures.lastIndexOf(START_OF_IMAGE)
  return start < 0 ? undefined : pictures.subarray(start)
}

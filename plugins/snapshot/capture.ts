import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Pipeline } from '../../native/pipeline.ts'
import type { TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import { picturePipeline } from './launch.ts'
import { receiverOf } from './receiver.ts'
import { captureReplay } from './replay.ts'

export type CaptureHost = Pick<Host, 'core' | 'pipelines'>
export type CaptureOptions = { widthPx: number; quality: number; timeoutMs: number }

/**
 * Takes one picture of a video track, as JPEG. The publisher is asked for a keyframe; one that can't be asked decides how long it takes.
 *
 * @throws {MediaError} `TIMEOUT`, `CODEC_UNSUPPORTED`, `TRACK_NOT_FOUND` or `PIPELINE_FAILED`.
 */
export async function capture({ core, pipelines }: CaptureHost, track: TrackData, options: CaptureOptions): Promise<Buffer> {
  const { widthPx, quality, timeoutMs } = options
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    // A publisher that can't be asked for a keyframe has one, and all that came after it.
    const kept = track.replayable ? await captureReplay({ core, pipelines }, track, { ...options, signal }) : undefined
    if (kept) return kept
    await using pipeline = await pipelines.start({
      name: `snapshot of ${track.room}`,
      ...picturePipeline(track.codec, widthPx, quality),
      signal,
    })
    await using receiver = await receiverOf(pipeline)
    const { port, rtcpPort } = receiver
    const { tapId } = await core.tracks.tap(track.id, { port, rtcpPort, paused: true })
    try {
      // Resuming is what asks the publisher for a keyframe.
      const [jpeg] = await Promise.all([readJpeg(pipeline), core.tracks.resumeTap(tapId)])
      return jpeg
    } finally {
      await core.tracks.untap(tapId)
    }
  } catch (error) {
    throw signal.aborted ? new MediaError('TIMEOUT', { room: track.room, timeoutMs }) : error
  }
}

/** The pipeline's only picture. Its output ends with it only when the process does, so its end marker tells. */
async function readJpeg(pipeline: Pipeline): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of pipeline.outputs[0] as Readable) {
    chunks.push(chunk as Buffer)
    const jpeg = Buffer.concat(chunks)
    if (jpeg.length > 2 && jpeg.readUInt16BE(jpeg.length - 2) === END_OF_IMAGE) return jpeg
  }
  if (!pipeline.end) await once(pipeline.events, 'closed')
  throw new MediaError('PIPELINE_FAILED', { pipeline: pipeline.name, reason: pipeline.end?.detail ?? 'it ended without a picture' })
}

/** @see ITU-T T.81 section B.1.1.3: EOI */
const END_OF_IMAGE = 0xffd9

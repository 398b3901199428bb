import { execFile } from 'node:child_process'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'

const run = promisify(execFile)

/** What ffprobe says that anybody here asks for. */
const Probed = z.object({
  format: z.object({ duration: z.coerce.number().optional() }).optional(),
  streams: z
    .array(
      z.object({
        codec_type: z.string(),
        codec_name: z.string().optional(),
        width: z.number().optional(),
        height: z.number().optional(),
      }),
    )
    .default([]),
})

export type MediaFacts = {
  /** Undefined for a file that was never finished: its header does not know. */
  readonly durationMs: number | undefined
  readonly videoCodec: string | undefined
  readonly audioCodec: string | undefined
  readonly widthPx: number | undefined
  readonly heightPx: number | undefined
}

/** What a media file holds; undefined when it is none. */
export async function probe(file: string): Promise<MediaFacts | undefined> {
  try {
    const args = ['-v', 'error', '-print_format', 'json', '-show_format', '-show_streams', file]
    const { stdout } = await run('ffprobe', args, { timeout: PROBE_TIMEOUT_MS, maxBuffer: 1 << 22 })
    const { format, streams } = Probed.parse(JSON.parse(stdout))
    const video = streams.find(({ codec_type }) => codec_type === 'video')
    const audio = streams.find(({ codec_type }) => codec_type === 'audio')
    if (!video && !audio) return undefined
    return {
      durationMs: format?.duration === undefined ? undefined : Math.round(format.duration * 1000),
      videoCodec: video?.codec_name,
      audioCodec: audio?.codec_name,
      widthPx: video?.width,
      heightPx: video?.height,
    }
  } catch {
    return undefined
  }
}

type FfmpegOptions = {
  signal?: AbortSignal
  timeoutMs?: number
  /** What it reads as `pipe:0`. */
  input?: AsyncIterable<Buffer>
}

/** @throws {MediaError} `PIPELINE_FAILED` with ffmpeg's last words. */
export async function ffmpeg(args: readonly string[], { signal, timeoutMs = 0, input }: FfmpegOptions = {}): Promise<void> {
  const quiet = ['-v', 'error', ...(input ? [] : ['-nostdin']), '-y']
  const running = run('nice', ['-n', '5', 'ffmpeg', ...quiet, ...args], {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 22,
    ...(signal && { signal }),
  })
  // Whether all of it was taken is told by how the process ends.
  const { stdin } = running.child
  if (input && stdin) pipeline(input, stdin).catch(() => stdin.destroy())
  try {
    await running
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new MediaError('PIPELINE_FAILED', { pipeline: 'ffmpeg', reason: stderr.trim().split('\n').at(-1) || message })
  }
}

const PROBE_TIMEOUT_MS = 30_000

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { MediaError } from '../../../core/kernel/errors.ts'

export type TranscodeOptions = {
  readonly signal: AbortSignal
  /** How far it has come, in milliseconds of media. */
  readonly onProgress?: (ms: number) => void
}

/** Everything else on the machine comes first, and it dies with the thread that wants it. */
const WRAPPED = ['-n', '15', 'setpriv', '--pdeathsig', 'KILL', 'ffmpeg', '-v', 'error', '-nostdin', '-y', '-progress', 'pipe:1', '-nostats']
const MOST_WORDS = 4_096

/** Runs ffmpeg for as long as it takes. @throws {MediaError} `PIPELINE_FAILED` with its last words. */
export async function transcode(args: readonly string[], { signal, onProgress }: TranscodeOptions): Promise<void> {
  const child = spawn('nice', [...WRAPPED, ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MOST_WORDS)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, micros] = /^out_time_us=(\d+)$/.exec(line) ?? []
    if (micros !== undefined) onProgress?.(Number(micros) / 1_000)
  })
  const failed = once(child, 'error').then(([error]) => String((error as Error).message))
  const ended = once(child, 'close').then(([code, died]) =>
    code === 0 ? undefined : words.trim().split('\n').at(-1) || `it ended with ${died ?? code}`,
  )
  const reason = await Promise.race([ended, failed])
  if (reason !== undefined) throw new MediaError('PIPELINE_FAILED', { pipeline: 'ffmpeg', reason })
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A test pattern as an FLV file without B-frames, made once for each size; it is sent again and again without being encoded again. */
export async function testPattern(size: string, bitrate: string): Promise<string> {
  const file = join(tmpdir(), `patchbay-bench-${size}-${bitrate}.flv`)
  if (existsSync(file)) return file
  const video = `-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g 60 -b:v ${bitrate} -minrate ${bitrate} -maxrate ${bitrate} -bufsize ${bitrate} -x264-params nal-hrd=cbr -pix_fmt yuv420p`
  const inputs = `-f lavfi -i testsrc2=size=${size}:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000`
  const part = `${file}.part`
  await promisify(execFile)('ffmpeg', `-v error -y ${inputs} -t 6 ${video} -c:a aac -b:a 128k -ac 2 -f flv`.split(' ').concat(part))
  await promisify(execFile)('mv', [part, file])
  return file
}

/** Sends a file in real time for as long as it is not stopped. */
export class Encoder implements AsyncDisposable {
  readonly #process: ChildProcess

  /** @param target An address, or `pipe:1` to write to `output`. */
  constructor(file: string, target: string) {
    const args = [
      '-v',
      'error',
      '-re',
      '-stream_loop',
      '-1',
      '-i',
      file,
      '-c',
      'copy',
      '-f',
      'flv',
      '-flvflags',
      'no_duration_filesize',
      target,
    ]
    this.#process = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  }

  get output() {
    return this.#process.stdout!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}

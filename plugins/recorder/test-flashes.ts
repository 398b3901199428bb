import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const RATE = 16_000

/** For tests: ffmpeg that publishes a white flash and a beep in the same moment, every second. */
export class Flashes implements AsyncDisposable {
  readonly #process
  readonly #exited: Promise<unknown>

  constructor(rtmpUrl: string, seconds = 60) {
    const flash = "color=black:s=320x180:r=30,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.1)'"
    const beep = "aevalsrc='if(lt(mod(t,1),0.1),sin(2*PI*1000*t),0)':s=48000"
    const inputs = ['-re', '-f', 'lavfi', '-i', flash, '-re', '-f', 'lavfi', '-i', beep]
    const encoding = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '30',
      '-c:a',
      'aac',
      '-ar',
      '48000',
    ]
    const args = ['-v', 'error', ...inputs, ...encoding, '-t', String(seconds), '-f', 'flv', rtmpUrl]
    this.#process = spawn('ffmpeg', args, { stdio: 'ignore', timeout: (seconds + 10) * 1_000, killSignal: 'SIGKILL' })
    this.#exited = new Promise((resolve) => this.#process.once('close', resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }
}

/** How much later each beep is than its flash, in milliseconds, in the order in which they come. */
export async function beepsAfterFlashes(file: string): Promise<number[]> {
  const [flashes, beeps] = await Promise.all([flashesIn(file), beepsIn(file)])
  return flashes.flatMap((flashS) => {
    const nearest = beeps.toSorted((a, b) => Math.abs(a - flashS) - Math.abs(b - flashS))[0]
    return nearest === undefined || Math.abs(nearest - flashS) > 0.5 ? [] : [(nearest - flashS) * 1_000]
  })
}

async function flashesIn(file: string): Promise<number[]> {
  const filter = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-vf', filter, '-f', 'null', '-'], {
    maxBuffer: 64 << 20,
  })
  const frames = [...stdout.matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)].map(([, at, light]) => ({
    at: Number(at),
    isLight: Number(light) > 100,
  }))
  return frames.filter(({ isLight }, index) => isLight && index > 0 && !frames[index - 1]?.isLight).map(({ at }) => at)
}

async function beepsIn(file: string): Promise<number[]> {
  const args = [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:a',
    '-af',
    'aresample=async=1:first_pts=0',
    '-ac',
    '1',
    '-ar',
    String(RATE),
    '-f',
    's16le',
    '-',
  ]
  const { stdout } = await run('ffmpeg', args, { maxBuffer: 256 << 20, encoding: 'buffer' })
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1)
  const beeps: number[] = []
  let loudAt = Number.NEGATIVE_INFINITY
  for (let index = 0; index < samples.length; index++) {
    if (Math.abs(samples[index] ?? 0) < 4_000) continue
    // A beep begins after a silence.
    if (index - loudAt > RATE / 4 && index > RATE / 4) beeps.push(index / RATE)
    loudAt = index
  }
  return beeps
}

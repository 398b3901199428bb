import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { TestRuntime } from '../../../test/harness.ts'
import { use } from '../../kit/define-config.ts'
import type rtmp from '../../rtmp/plugin.ts'
import type whip from '../../whip/plugin.ts'
import type recorder from '../plugin.ts'

/** For tests: a server that records rooms, encoders that can be told apart, and what is to be seen and heard in a file. */

export async function startStudio(options: Parameters<typeof use<typeof recorder>>[1] = {}): Promise<Studio> {
  const runtime = await TestRuntime.start({
    env: { LOG_LEVEL: 'debug' },
    plugins: [
      use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0 }),
      use<typeof whip>('./plugins/whip/plugin.ts'),
      use<typeof recorder>('./plugins/recorder/plugin.ts', options),
    ],
  })
  await runtime.until<{ plugins: { state: string }[] }>(
    '{ plugins { state } }',
    ({ plugins }) => plugins.every(({ state }) => state === 'RUNNING'),
    30_000,
  )
  const { rtmpServer } = await runtime.until<{ rtmpServer: { port: number } | null }>(
    '{ rtmpServer { port } }',
    (data) => data.rtmpServer !== null,
  )
  return new Studio(runtime, `rtmp://127.0.0.1:${rtmpServer?.port}/live/yard`)
}

export class Studio implements AsyncDisposable {
  readonly runtime: TestRuntime
  readonly #url: string

  constructor(runtime: TestRuntime, url: string) {
    this.runtime = runtime
    this.#url = url
  }

  /** Publishes, and answers when it is there with picture and sound. */
  async publish(identity: string, picture: string, sound: string): Promise<Encoder> {
    const encoder = new Encoder(`${this.#url}/${identity}`, picture, sound)
    await this.until((all) => all.some((one) => one.identity === identity && one.tracks.length === 2))
    return encoder
  }

  async until(isReached: (participants: { identity: string; tracks: unknown[] }[]) => boolean): Promise<void> {
    await this.runtime.until<{ rooms: { participants: { identity: string; tracks: unknown[] }[] }[] }>(
      '{ rooms { participants { identity tracks { id } } } }',
      ({ rooms }) => isReached(rooms.flatMap(({ participants }) => participants)),
      30_000,
    )
  }

  async record(layout: string): Promise<string> {
    const { startRecording } = await this.runtime.graphql<{ startRecording: { id: string } }>(
      `mutation { startRecording(app: "live", input: { room: "yard", mode: COMPOSITE, layout: "${layout}" }) { id } }`,
    )
    return startRecording.id
  }

  /** Until so many layouts were begun; answers how many seconds the file has before the last of them. */
  async layouts(count: number): Promise<number> {
    const times = await this.#logged('a room is recorded in a new layout', count)
    return ((times[count - 1] ?? 0) - (times[0] ?? 0)) / 1_000
  }

  /** Until the speaker has changed so many times. */
  async speakers(count: number): Promise<void> {
    await this.#logged('somebody else speaks', count)
  }

  async #logged(message: string, count: number): Promise<number[]> {
    const lines = () => this.runtime.log.filter((line) => line.includes(message))
    await this.runtime.until('{ __typename }', () => lines().length >= count, 30_000)
    return lines().map((line) => (JSON.parse(line) as { time: number }).time)
  }

  /** Ends a recording and answers its file. */
  async finish(id: string): Promise<string> {
    await this.runtime.graphql(`mutation { stopRecording(app: "live", id: "${id}") { id } }`)
    return this.finished(id)
  }

  async finished(id: string): Promise<string> {
    const { recording } = await this.runtime.until<{ recording: { state: string; file: string } }>(
      `{ recording(app: "live", id: "${id}") { state file } }`,
      (data) => ['READY', 'FAILED'].includes(data.recording.state),
      40_000,
    )
    assert.equal(recording.state, 'READY', this.runtime.log.slice(-10).join(''))
    return join(this.runtime.runtime.core.apps.get('live').folder, 'recordings', recording.file)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.runtime[Symbol.asyncDispose]()
  }
}

/** ffmpeg that publishes what two of its sources make, over RTMP. */
export class Encoder implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #exited: Promise<void>

  constructor(url: string, picture: string, sound: string) {
    const inputs = [picture, sound].flatMap((source) => ['-re', '-f', 'lavfi', '-i', source])
    const video = [
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-bf',
      '0',
      '-g',
      '15',
      '-b:v',
      '600k',
    ]
    const args = ['-hide_banner', '-loglevel', 'error', ...inputs, ...video, '-c:a', 'aac', '-t', '60', '-f', 'flv', url]
    this.#process = spawn('ffmpeg', args, { stdio: 'ignore', timeout: 60_000, killSignal: 'SIGKILL' })
    this.#exited = new Promise((resolve) => this.#process.once('close', () => resolve()))
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGINT')
    await this.#exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

export const colour = (name: string) => `color=c=${name}:size=640x360:rate=30`
/** White for the first fifth of each second, black otherwise. */
export const flashes = "color=c=black:size=640x360:rate=30,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.2)'"
/** Loud whenever it flashes. */
export const beeps = 'aevalsrc=if(lt(mod(t\\,1)\\,0.2)\\,0.5*sin(25133*t)\\,0):s=48000'
/** Silence, and a loud tone after so many seconds. */
export const speaksAfter = (seconds: number) => `aevalsrc=if(gt(t\\,${seconds})\\,0.5*sin(6283*t)\\,0):s=48000`
export const tone = (hertz: number) => `sine=frequency=${hertz}:sample_rate=48000`

/** What is seen at a place of a file, as `red`, `green`, `blue`, `white`, `black` or else numbers. */
export function colourAt(file: string, seconds: number, x: number, y: number): string {
  const crop = `crop=16:16:${x - 8}:${y - 8},scale=1:1:flags=area`
  const [r = 0, g = 0, b = 0] = ffmpegOut(
    '-ss',
    String(seconds),
    '-i',
    file,
    '-frames:v',
    '1',
    '-vf',
    crop,
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
  )
  const bits = [r, g, b].map((level) => (level > 170 ? '1' : level < 85 ? '0' : '?')).join('')
  return COLOURS[bits] ?? `${r},${g},${b}`
}

const COLOURS: Readonly<Record<string, string>> = { '100': 'red', '010': 'green', '001': 'blue', '111': 'white', '000': 'black' }

/** Whether a tone is heard for the half second that begins then. */
export function hears(file: string, seconds: number, hertz: number): boolean {
  const sound = samples(file, seconds, 0.5)
  let [sine, cosine] = [0, 0]
  for (const [index, sample] of sound.entries()) {
    const angle = (2 * Math.PI * hertz * index) / RATE
    sine += sample * Math.sin(angle)
    cosine += sample * Math.cos(angle)
  }
  return Math.hypot(sine, cosine) / sound.length > 0.01
}

const RATE = 16_000

/** Sound from 0 to 1. Where a file has none there is silence. */
function samples(file: string, seconds: number, forSeconds: number, filter = 'anull'): number[] {
  const args = ['-i', file, '-af', `aresample=${RATE}:async=1:first_pts=0,atrim=${seconds}:${seconds + forSeconds},${filter}`]
  const pcm = ffmpegOut(...args, '-vn', '-ac', '1', '-f', 's16le')
  return Array.from({ length: Math.floor(pcm.length / 2) }, (_, index) => pcm.readInt16LE(index * 2) / 32_768)
}

const BEEP = 'bandpass=frequency=4000:width_type=h:width=600'

/** Seconds at which it becomes bright at a place, and at which it becomes loud. */
export function flashesAndBeeps(file: string, x: number, y: number): { bright: number[]; loud: number[] } {
  const luma = ffmpegOut('-i', file, '-vf', `crop=16:16:${x - 8}:${y - 8},scale=1:1,fps=100`, '-pix_fmt', 'gray', '-f', 'rawvideo')
  const levels = samples(file, 0, 60, `${BEEP},${BEEP}`).map(Math.abs)
  const hold = RATE / 50
  const bright = [...luma].flatMap((level, index) => (level > 128 && index > 0 && (luma[index - 1] ?? 0) <= 128 ? [index / 100] : []))
  const loud: number[] = []
  let quietSince = -hold
  for (const [index, level] of levels.entries()) {
    if (level < 0.1) continue
    if (index - quietSince > 10 * hold) loud.push(index / RATE)
    quietSince = index
  }
  return { bright, loud }
}

function ffmpegOut(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args, 'pipe:1'], { maxBuffer: 1 << 28, timeout: 30_000 })
}

import { type ChildProcess, spawn } from 'node:child_process'
import { TestRuntime } from '../../test/harness.ts'
import { use } from '../kit/define-config.ts'
import type rtmp from './plugin.ts'

/** For tests: a server that takes RTMP, and real encoders. */

type Options = Parameters<typeof use<typeof rtmp>>[1]

export type RtmpGround = AsyncDisposable & { runtime: TestRuntime; url: string; rtmpsUrl: string }

export async function startRtmp(options: Options = {}, more: Parameters<typeof TestRuntime.start>[0] = {}): Promise<RtmpGround> {
  const plugins = [use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0, ...options }), ...(more.plugins ?? [])]
  const runtime = await TestRuntime.start({ ...more, plugins })
  const { rtmpServer } = await runtime.until<{ rtmpServer: { port: number; rtmpsPort: number | null } | null }>(
    '{ rtmpServer { port rtmpsPort } }',
    (data) => data.rtmpServer !== null,
  )
  return {
    runtime,
    url: `rtmp://127.0.0.1:${rtmpServer?.port}`,
    rtmpsUrl: `rtmps://127.0.0.1:${rtmpServer?.rtmpsPort}`,
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  }
}

export type Pattern = {
  size?: string
  gopMs?: number
  bFrames?: number
  pixels?: 'yuv420p' | 'yuv422p'
  audio?: 'aac' | 'libmp3lame' | 'pcm_alaw' | 'none'
  video?: 'libx264' | 'flv1' | 'none'
  seconds?: number
  bitrate?: string
}

/** ffmpeg that publishes a moving pattern and a tone in real time. */
export class Ffmpeg implements AsyncDisposable {
  readonly process: ChildProcess
  readonly exited: Promise<{ code: number | null; output: string }>

  constructor(url: string, pattern: Pattern = {}) {
    const {
      size = '640x360',
      gopMs = 1_000,
      bFrames = 0,
      pixels = 'yuv420p',
      audio = 'aac',
      video = 'libx264',
      seconds = 60,
      bitrate = '1M',
    } = pattern
    const gop = String(Math.round((gopMs * 30) / 1_000))
    const x264 = ['-preset', 'ultrafast', '-bf', String(bFrames), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-b:v', bitrate]
    const rate = audio === 'pcm_alaw' ? '8000' : '48000'
    const args = ['-hide_banner', '-loglevel', 'warning']
    if (video !== 'none') args.push('-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`)
    if (audio !== 'none') args.push('-re', '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${rate}`)
    if (video !== 'none') args.push('-c:v', video, '-pix_fmt', pixels, ...(video === 'libx264' ? x264 : []))
    if (audio !== 'none') args.push('-c:a', audio)
    this.process = spawn(
      'ffmpeg',
      [...args, '-t', String(seconds), '-f', 'flv', ...(url.startsWith('rtmps') ? ['-tls_verify', '0'] : []), url],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
    )
    let output = ''
    this.process.stderr?.on('data', (text) => (output += text))
    this.exited = new Promise((resolve) => this.process.once('close', (code) => resolve({ code, output })))
  }

  /** Says goodbye, as one does with `q`. */
  async stop(): Promise<void> {
    this.process.kill('SIGINT')
    await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exited
  }
}

export type SessionView = {
  id: string
  room: string
  identity: string
  encoder: string
  videoCodec: string | null
  audioCodec: string | null
  widthPx: number | null
  heightPx: number | null
  receivedFramesPerSecond: number
  gopMs: number | null
  bFrames: boolean | null
  transcoded: boolean | null
  participant: {
    id: string
    tracks: { id: string; kind: 'AUDIO' | 'VIDEO'; transcoded: boolean | null; stats: { packetsReceived: number; packetsLost: number } }[]
  }
}

const SESSIONS = `{ rtmpSessions {
  id room identity encoder videoCodec audioCodec widthPx heightPx receivedFramesPerSecond gopMs bFrames transcoded
  participant { id tracks { id kind transcoded stats { packetsReceived packetsLost } } }
} }`

/** The sessions, as soon as they are as wanted. */
export async function untilSessions(
  { runtime }: RtmpGround,
  isReached: (sessions: SessionView[]) => boolean,
  withinMs?: number,
): Promise<SessionView[]> {
  type Data = { rtmpSessions: SessionView[] | null }
  const isThere = ({ rtmpSessions }: Data) => rtmpSessions !== null && isReached(rtmpSessions)
  return (await runtime.until<Data>(SESSIONS, isThere, withinMs)).rtmpSessions ?? []
}

/** Whether both kinds of media flow. */
export function flows(session: SessionView | undefined, packets = 20): boolean {
  const received = (kind: string) => session?.participant.tracks.find((track) => track.kind === kind)?.stats.packetsReceived ?? 0
  return received('AUDIO') > packets && received('VIDEO') > packets
}

import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { MessageType } from '../plugins/rtmp/protocol/message.ts'
import type { TestEncoder } from '../plugins/rtmp/protocol/test-peers.ts'

/** For tests: media of real encoders in the enhanced form of RTMP, which this ffmpeg does not send by itself. */
export type Clip = { type: number; fourCc: string; frameMs: number; header: Buffer; frames: { data: Buffer; isKeyframe: boolean }[] }

const GOP = 15
const ENCODERS = {
  av01: ['libsvtav1', '-preset', '12'],
  vp09: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
}
const BOXES = { av01: 'av1C', vp09: 'vpcC' }

/** Three seconds of a moving picture, 320 by 180, with a keyframe in each. */
export function videoClip(fourCc: 'av01' | 'vp09', pixels = 'yuv420p'): Clip {
  const [encoder = '', ...options] = ENCODERS[fourCc]
  const source = `testsrc2=size=320x180:rate=${GOP}:duration=3`
  const ivf = ffmpeg(['-f', 'lavfi', '-i', source, '-pix_fmt', pixels, '-c:v', encoder, ...options, '-g', `${GOP}`, '-f', 'ivf', 'pipe:1'])
  const mp4 = ffmpeg(['-f', 'ivf', '-i', 'pipe:0', '-c', 'copy', '-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov', 'pipe:1'], ivf)
  const box = mp4.indexOf(BOXES[fourCc])
  const frames: Clip['frames'] = []
  for (let at = 32; at < ivf.length; at += 12 + ivf.readUInt32LE(at))
    frames.push({ data: ivf.subarray(at + 12, at + 12 + ivf.readUInt32LE(at)), isKeyframe: frames.length % GOP === 0 })
  const header = mp4.subarray(box + 4, box - 4 + mp4.readUInt32BE(box - 4))
  return { type: MessageType.VIDEO, fourCc, frameMs: 1_000 / GOP, header, frames }
}

/** Three seconds of a tone. */
export function opusClip(): Clip {
  const ogg = ffmpeg([
    '-f',
    'lavfi',
    '-i',
    'sine=duration=3:sample_rate=48000',
    '-c:a',
    'libopus',
    '-page_duration',
    '1',
    '-f',
    'ogg',
    'pipe:1',
  ])
  const pages: Buffer[] = []
  for (let at = 0; at < ogg.length; ) {
    const segments = ogg.subarray(at + 27, at + 27 + ogg[at + 26]!)
    const start = at + 27 + segments.length
    at = start + segments.reduce((sum, bytes) => sum + bytes, 0)
    pages.push(ogg.subarray(start, at))
  }
  const [header = Buffer.alloc(0), , ...packets] = pages
  return { type: MessageType.AUDIO, fourCc: 'Opus', frameMs: 20, header, frames: packets.map((data) => ({ data, isKeyframe: false })) }
}

/** Sends clips over and over in real time, until the connection ends. */
export async function sendClips(encoder: TestEncoder, clips: readonly Clip[]): Promise<void> {
  const from = performance.now()
  await Promise.all(
    clips.map(async (clip) => {
      encoder.media(clip.type, 0, tagOf(clip, 0, false, clip.header))
      for (let index = 0; ; index++) {
        const atMs = index * clip.frameMs
        await wait(Math.max(0, atMs - (performance.now() - from)))
        if (encoder.socket.destroyed) return
        const { data, isKeyframe } = clip.frames[index % clip.frames.length]!
        encoder.media(clip.type, Math.round(atMs), tagOf(clip, 1, isKeyframe, data))
      }
    }),
  )
}

/** @param packet 0: sequence header, 1: frame. */
function tagOf({ type, fourCc }: Clip, packet: 0 | 1, isKeyframe: boolean, data: Buffer): Buffer {
  const frameType = packet === 0 || isKeyframe ? 1 : 2
  const head = type === MessageType.VIDEO ? 0x80 | (frameType << 4) | packet : 0x90 | packet
  return Buffer.concat([Buffer.of(head), Buffer.from(fourCc), data])
}

function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...args], {
    ...(input && { input }),
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 16 << 20,
    timeout: 30_000,
  })
}

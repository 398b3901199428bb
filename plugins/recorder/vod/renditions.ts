import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TranscodeOptions, transcode } from './transcode.ts'

const run = promisify(execFile)
const SEGMENT_S = 4
const AUDIO_KBPS = 128

/**
 * One rendition: a playlist, and one file of fragmented MP4 whose ranges it names.
 *
 * @param folder Where both are written.
 */
export async function makeRendition(
  source: string,
  folder: string,
  { heightPx, bitrateKbps }: { heightPx: number; bitrateKbps: number },
  options: TranscodeOptions,
): Promise<void> {
  const video = [
    '-vf',
    `scale=-2:${heightPx}`,
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p'],
    ...['-b:v', `${bitrateKbps}k`, '-maxrate', `${Math.round(bitrateKbps * 1.1)}k`, '-bufsize', `${bitrateKbps * 2}k`],
    ...['-force_key_frames', `expr:gte(t,n_forced*${SEGMENT_S})`, '-sc_threshold', '0'],
  ]
  const audio = ['-c:a', 'aac', '-b:a', `${AUDIO_KBPS}k`, '-ac', '2']
  const hls = [
    ...['-f', 'hls', '-hls_time', String(SEGMENT_S), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_flags', 'single_file+independent_segments', '-hls_segment_filename', join(folder, 'media.mp4')],
  ]
  await transcode(['-i', source, '-map', '0:v:0', '-map', '0:a:0?', ...video, ...audio, ...hls, join(folder, 'index.m3u8')], options)
}

/** The whole recording as WebM of VP8 and Opus. */
export async function makeWebm(source: string, file: string, bitrateKbps: number, options: TranscodeOptions): Promise<void> {
  const video = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', `${bitrateKbps}k`, '-g', '120']
  const audio = ['-c:a', 'libopus', '-b:a', `${AUDIO_KBPS}k`, '-ac', '2']
  const webm = ['-f', 'webm', '-cues_to_front', '1']
  await transcode(['-i', source, '-map', '0:v:0', '-map', '0:a:0?', ...video, ...audio, ...webm, file], options)
}

export type Offer = { readonly uri: string; readonly folder: string }

/** The playlist of the renditions there are, with what they really take. */
export async function writeMaster(file: string, offers: readonly Offer[]): Promise<void> {
  const described = await Promise.all(offers.map(describe))
  await writeFile(file, ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', ...described.flat(), ''].join('\n'))
}

async function describe({ uri, folder }: Offer): Promise<string[]> {
  const playlist = await readFile(join(folder, 'index.m3u8'), 'utf8')
  const { size } = await stat(join(folder, 'media.mp4'))
  const lengths = [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => Number(seconds))
  const bytes = [...playlist.matchAll(/^#EXT-X-BYTERANGE:(\d+)/gm)].map(([, count]) => Number(count))
  const averageBps = (size * 8) / lengths.reduce((sum, seconds) => sum + seconds, 0)
  const peakBps = Math.max(averageBps, ...bytes.map((count, index) => (count * 8) / (lengths[index] ?? SEGMENT_S)))
  const { width, height, codecs } = await codecsOf(join(folder, 'media.mp4'))
  const attributes = [
    `BANDWIDTH=${Math.ceil(peakBps)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(averageBps)}`,
    `RESOLUTION=${width}x${height}`,
    `CODECS="${codecs.join(',')}"`,
  ]
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, uri]
}

/** H.264 of the main profile, and AAC if it sounds, as RFC 6381 names them. */
async function codecsOf(file: string): Promise<{ width: number; height: number; codecs: string[] }> {
  const args = ['-v', 'error', '-of', 'json', '-show_entries', 'stream=codec_type,width,height,level', file]
  const { stdout } = await run('ffprobe', args)
  const { streams } = JSON.parse(stdout) as { streams: { codec_type: string; width?: number; height?: number; level?: number }[] }
  const video = streams.find(({ codec_type }) => codec_type === 'video')
  const level = (video?.level ?? 40).toString(16).padStart(2, '0')
  const sounds = streams.some(({ codec_type }) => codec_type === 'audio')
  return {
    width: video?.width ?? 0,
    height: video?.height ?? 0,
    codecs: [`avc1.4d40${level}`, ...(sounds ? ['mp4a.40.2'] : [])],
  }
}

import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ffmpeg, type MediaFacts, probe } from './ffmpeg.ts'
import { sizeOf } from './files.ts'
import { joinedFiles } from './matroska/join.ts'

/** A whole file, and what it holds. */
export type Finished = {
  readonly file: string
  readonly format: 'mp4' | 'webm' | 'mkv'
  readonly sizeBytes: number
  readonly facts: MediaFacts
}

/** What is left of the parts at least when they are whole: less would mean that some of it was not read. */
const LEAST_SHARE = 0.8

/**
 * Makes one file that can be sought in of what was written, without transcoding. The parts go only once the whole is on disk and can be
 * read; where it can not be made, such as on a full disk, a single part stays what it is.
 *
 * @param parts Absolute paths, in order.
 * @param base Absolute path of the whole, without its extension.
 * @returns Undefined when there is nothing playable in any part.
 * @throws {MediaError} `PIPELINE_FAILED` when several parts can not be joined now; they stay.
 */
export async function finish(parts: readonly string[], base: string): Promise<Finished | undefined> {
  const playable: { file: string; facts: MediaFacts }[] = []
  for (const file of parts) {
    const facts = await probe(file)
    if (facts) playable.push({ file, facts })
  }
  const [first] = playable
  if (!first) return alreadyFinished(parts, base)
  const files = playable.map(({ file }) => file)
  const format = playable.some(({ facts }) => facts.videoCodec === 'vp8') ? 'webm' : 'mp4'
  const whole = `${base}.${format}`
  try {
    await join(
      files,
      `${whole}.part`,
      format,
      playable.some(({ facts }) => facts.audioCodec?.startsWith('pcm_')),
    )
    const facts = await probe(`${whole}.part`)
    const sizes = await Promise.all(files.map(sizeOf))
    const sizeBytes = await sizeOf(`${whole}.part`)
    if (!facts || sizeBytes < LEAST_SHARE * sizes.reduce((sum, size) => sum + size, 0) - MOST_OVERHEAD)
      throw new Error('what was joined is not whole')
    await flush(`${whole}.part`)
    await rename(`${whole}.part`, whole)
    await flush(dirname(whole))
    for (const file of parts) await rm(file, { force: true })
    return { file: whole, format, sizeBytes, facts }
  } catch (error) {
    await rm(`${whole}.part`, { force: true })
    if (playable.length > 1) throw error
    return { file: first.file, format: 'mkv', sizeBytes: await sizeOf(first.file), facts: first.facts }
  }
}

/** What containers may hold besides media. */
const MOST_OVERHEAD = 64 << 10

/** The parts are gone because the whole was made, and nobody lived to say so. */
async function alreadyFinished(parts: readonly string[], base: string): Promise<Finished | undefined> {
  for (const format of ['mp4', 'webm'] as const) {
    const facts = await probe(`${base}.${format}`)
    if (!facts) continue
    for (const file of parts) await rm(file, { force: true })
    return { file: `${base}.${format}`, format, sizeBytes: await sizeOf(`${base}.${format}`), facts }
  }
  return undefined
}

/** Appears under its name only when it is whole and on disk. G.711 is no sound that these containers hold; it becomes Opus. */
async function join(files: readonly string[], into: string, format: 'mp4' | 'webm', hasG711: boolean): Promise<void> {
  const [first] = files
  const isOne = files.length === 1 && first !== undefined
  const input = isOne ? ['-i', first] : ['-f', 'matroska', '-i', 'pipe:0']
  const codecs = ['-c', 'copy', ...(hasG711 ? ['-c:a', 'libopus'] : [])]
  const muxer = format === 'mp4' ? ['-f', 'mp4', '-movflags', '+faststart', '-strict', '-2'] : ['-f', 'webm', '-cues_to_front', '1']
  const args = ['-fflags', '+genpts', ...input, '-map', '0', ...codecs, '-avoid_negative_ts', 'make_zero', ...muxer, into]
  await ffmpeg(args, isOne ? {} : { input: joinedFiles(files) })
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

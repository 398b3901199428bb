import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ffmpeg, type MediaFacts, probe } from './ffmpeg.ts'
import { sizeOf } from './files.ts'

/** A whole file, and what it holds. */
export type Finished = {
  readonly file: string
  readonly format: 'mp4' | 'webm' | 'mkv'
  readonly sizeBytes: number
  readonly facts: MediaFacts
}

/**
 * Makes one file that can be sought in of what pipelines wrote, without transcoding. The parts go only once the whole is on disk and
 * can be read; where it can not be made, such as on a full disk, the part there is stays what it is.
 *
 * @param parts Absolute paths, in order.
 * @param base Absolute path of the whole, without its extension.
 * @returns Undefined when there is no playable second in any part.
 */
export async function finish(parts: readonly string[], base: string): Promise<Finished | undefined> {
  const probed = await Promise.all(parts.map(async (file) => ({ file, facts: await probe(file) })))
  const playable = probed.flatMap(({ file, facts }) => (facts ? [{ file, facts }] : []))
  const [first] = playable
  if (!first) return undefined
  const format = first.facts.videoCodec === 'vp8' ? 'webm' : 'mp4'
  const whole = `${base}.${format}`
  try {
    await joined(
      playable.map(({ file }) => file),
      whole,
      format,
    )
    const facts = await probe(whole)
    if (!facts) throw new Error('what was joined can not be read')
    for (const file of parts) await rm(file, { force: true })
    return { file: whole, format, sizeBytes: await sizeOf(whole), facts }
  } catch (error) {
    await rm(`${whole}.part`, { force: true })
    if (playable.length > 1) throw error
    return { file: first.file, format: 'mkv', sizeBytes: await sizeOf(first.file), facts: first.facts }
  }
}

/** Appears under its name only when it is whole and on disk. */
async function joined(parts: readonly string[], whole: string, format: 'mp4' | 'webm'): Promise<void> {
  const list = `${whole}.list`
  const partial = `${whole}.part`
  await writeFile(list, parts.map((part) => `file '${part.replaceAll("'", "'\\''")}'\n`).join(''))
  try {
    const muxer = format === 'mp4' ? ['-f', 'mp4', '-movflags', '+faststart', '-strict', '-2'] : ['-f', 'webm', '-cues_to_front', '1']
    const input = ['-fflags', '+genpts', '-f', 'concat', '-safe', '0', '-i', list]
    await ffmpeg([...input, '-map', '0', '-c', 'copy', '-avoid_negative_ts', 'make_zero', ...muxer, partial])
    await flush(partial)
    await rename(partial, whole)
    await flush(dirname(whole))
  } finally {
    await rm(list, { force: true })
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Where the whole of a recording lies, without its extension. */
export const basePath = (folder: string, name: string): string => join(folder, name)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cluster, type FileTrack, fileHeader, simpleBlock } from './matroska/header.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 16 << 20

/** A keyframe as JPEG; undefined when it can not be decoded. */
export async function pictureOf(track: FileTrack, keyframe: Buffer): Promise<Buffer | undefined> {
  const film = Buffer.concat([fileHeader([track]), cluster(0, [simpleBlock(1, 0, true, keyframe)])])
  return jpegOf(['-f', 'matroska', '-i', 'pipe:0'], film)
}

/** A picture out of a file, some seconds after it begins. */
export async function pictureIn(file: string, atSeconds: number): Promise<Buffer | undefined> {
  return jpegOf(['-ss', String(atSeconds), '-i', file])
}

async function jpegOf(input: readonly string[], bytes?: Buffer): Promise<Buffer | undefined> {
  const output = ['-frames:v', '1', '-threads', '1', '-q:v', '4', '-f', 'mjpeg', 'pipe:1']
  const child = spawn('nice', ['-n', '5', 'ffmpeg', '-v', 'error', ...(bytes ? [] : ['-nostdin']), ...input, ...output], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.stdin.end(bytes)
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_BYTES) chunks.push(chunk)
  })
  await once(child, 'close').catch(() => undefined)
  return size > 0 && size <= MAX_BYTES ? Buffer.concat(chunks) : undefined
}

import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { probe } from '../ffmpeg.ts'
import { type TranscodeOptions, transcode } from './transcode.ts'

const COLUMNS = 5
const ROWS = 5
const WIDTH_PX = 160
/** A long recording has no more pictures than a player can show. */
const MOST_PICTURES = 200
const LEAST_S = 2

/** Small pictures of a whole recording, many in one file, and a WebVTT that says which part of which file is when. */
export async function makeStoryboard(source: string, folder: string, durationMs: number, options: TranscodeOptions): Promise<void> {
  const everyS = Math.max(LEAST_S, Math.ceil(durationMs / 1_000 / MOST_PICTURES))
  const filter = `fps=1/${everyS}:start_time=0:round=up,scale=${WIDTH_PX}:-2,tile=${COLUMNS}x${ROWS}`
  // Only keyframes are decoded: of an hour that takes seconds.
  await transcode(['-skip_frame', 'nokey', '-i', source, '-an', '-vf', filter, '-q:v', '5', join(folder, '%03d.jpg')], options)
  const sheets = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).toSorted()
  const [first] = sheets
  if (first === undefined) throw new Error('there is no picture in it')
  const facts = await probe(join(folder, first))
  const heightPx = Math.floor((facts?.heightPx ?? 0) / ROWS)
  await writeFile(join(folder, 'index.vtt'), cues({ sheets, durationMs, everyS, heightPx }).join('\n'))
}

function cues({
  sheets,
  durationMs,
  everyS,
  heightPx,
}: {
  sheets: string[]
  durationMs: number
  everyS: number
  heightPx: number
}): string[] {
  const count = Math.min(sheets.length * COLUMNS * ROWS, Math.max(1, Math.ceil(durationMs / 1_000 / everyS)))
  const lines = ['WEBVTT', '']
  for (let index = 0; index < count; index++) {
    const place = index % (COLUMNS * ROWS)
    const x = (place % COLUMNS) * WIDTH_PX
    const y = Math.floor(place / COLUMNS) * heightPx
    const until = index === count - 1 ? Math.max(durationMs, index * everyS * 1_000 + 1) : (index + 1) * everyS * 1_000
    const sheet = sheets[Math.floor(index / (COLUMNS * ROWS))]
    lines.push(`${clock(index * everyS * 1_000)} --> ${clock(until)}`, `${sheet}#xywh=${x},${y},${WIDTH_PX},${heightPx}`, '')
  }
  return lines
}

/** `00:01:02.500` */
function clock(ms: number): string {
  const at = new Date(Math.round(ms))
  const hours = Math.floor(ms / 3_600_000)
  return `${String(hours).padStart(2, '0')}:${at.toISOString().slice(14, 23)}`
}

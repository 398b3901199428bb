import type { AppConfig } from '../../../core/app/config.ts'
import type { RecordingRow } from '../store.ts'
import type { NewVariant } from './variant-rows.ts'

type Rung = { readonly heightPx: number; readonly bitrateKbps: number }

/** What a picture of a height takes, in kbit/s; of others, what the next larger one does. */
const KBPS: readonly (readonly [heightPx: number, kbps: number])[] = [
  [144, 250],
  [240, 500],
  [360, 800],
  [480, 1_400],
  [720, 2_800],
  [1_080, 5_000],
  [1_440, 8_000],
  [2_160, 12_000],
]
const MOST_RUNGS = 5

/**
 * The renditions that a recording gets, highest first: those that the app names, or those that browsers send it, as far as the recording
 * is as high.
 */
function ladder({ transcoding, webrtc }: Pick<AppConfig, 'transcoding' | 'webrtc'>, heightPx: number | null): Rung[] {
  const named = transcoding.vodRenditions.map(({ height, bitrateKbps }) => ({ heightPx: even(height), bitrateKbps }))
  if (named.length > 0) return ordered(named)
  const offered = ordered(webrtc.layers.map(({ height }) => ({ heightPx: even(height), bitrateKbps: kbpsFor(height) })))
  const fitting = offered.filter((rung) => heightPx === null || rung.heightPx <= heightPx)
  return fitting.length > 0 ? fitting : offered.slice(-1)
}

/** Everything that is made of a recording, in the order in which it is made. */
export function plan(config: Pick<AppConfig, 'transcoding' | 'webrtc'>, row: RecordingRow): NewVariant[] {
  if (row.widthPx === null) return []
  const { transcoding } = config
  const at = (file: string) => `${row.name}/${file}`
  const planned: NewVariant[] = [{ kind: 'STORYBOARD', format: 'vtt', file: at('storyboard/index.vtt') }]
  if (!transcoding.enabled) return planned
  if (transcoding.vodAdaptive) {
    for (const rung of ladder(config, row.heightPx))
      planned.push({ kind: 'RENDITION', format: 'hls-h264', file: at(`${rung.heightPx}p/index.m3u8`), ...rung })
    planned.push({ kind: 'MASTER', format: 'hls', file: at('master.m3u8') })
  }
  if (transcoding.encoding === 'h264+vp8') {
    const rung = { heightPx: row.heightPx, bitrateKbps: kbpsFor(row.heightPx ?? 720) }
    planned.push({ kind: 'ALTERNATE', format: 'webm-vp8', file: at('alternate.webm'), ...rung })
  }
  return planned
}

function ordered(rungs: readonly Rung[]): Rung[] {
  const byHeight = new Map<number, Rung>()
  for (const rung of rungs) if (!byHeight.has(rung.heightPx)) byHeight.set(rung.heightPx, rung)
  return [...byHeight.values()].toSorted((a, b) => b.heightPx - a.heightPx).slice(0, MOST_RUNGS)
}

function kbpsFor(heightPx: number): number {
  const [, kbps] = KBPS.find(([height]) => heightPx <= height) ?? KBPS.at(-1) ?? [0, 12_000]
  return kbps
}

/** What encoders of 4:2:0 take. */
const even = (heightPx: number) => heightPx - (heightPx % 2)

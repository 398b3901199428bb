import type { RecordingRow } from '../store.ts'
import type { VariantRow } from './variant-rows.ts'

/** What the playback page needs to know, addresses relative to this. */
export type PlaybackInfo = {
  readonly name: string
  readonly room: string
  readonly startedAt: string
  readonly durationMs: number | null
  readonly sources: readonly { readonly url: string; readonly label: string; readonly type: string; readonly heightPx: number | null }[]
  readonly storyboard: string | null
  readonly thumbnail: string | null
}

export function playbackInfo(row: RecordingRow, variants: readonly VariantRow[]): PlaybackInfo {
  const ready = variants.filter(({ state }) => state === 'READY' || state === 'MADE')
  const below = ({ file }: VariantRow) => file.slice(row.name.length + 1)
  const of = (kind: VariantRow['kind']) => ready.filter((variant) => variant.kind === kind)
  const [master] = of('MASTER')
  const [storyboard] = of('STORYBOARD')
  const hls = 'application/vnd.apple.mpegurl'
  return {
    name: row.name,
    room: row.room,
    startedAt: row.startedAt.toISOString(),
    durationMs: row.durationMs,
    sources: [
      ...(master ? [{ url: below(master), label: 'Automatic', type: hls, heightPx: null }] : []),
      { url: 'file', label: 'Original', type: row.format === 'webm' ? 'video/webm' : 'video/mp4', heightPx: row.heightPx },
      // A rendition is a file of its own: it plays where playlists do not.
      ...of('RENDITION').map((variant) => ({
        url: below(variant).replace('index.m3u8', 'media.mp4'),
        label: `${variant.heightPx}p`,
        type: 'video/mp4',
        heightPx: variant.heightPx,
      })),
      ...of('ALTERNATE').map((variant) => ({ url: below(variant), label: 'WebM', type: 'video/webm', heightPx: variant.heightPx })),
    ],
    storyboard: storyboard ? below(storyboard) : null,
    thumbnail: row.snapshotKey === null ? null : 'thumbnail.jpg',
  }
}

import type { RecordingRow } from '../store.ts'
import type { VariantRow } from './variant-rows.ts'

const TOLD: ReadonlySet<string> = new Set(['MASTER', 'RENDITION', 'ALTERNATE'])

/** What the receiver of callbacks is told once the renditions of a recording are there; undefined when it has none, or not yet all. */
export function variantsReady(app: string, row: RecordingRow, variants: readonly VariantRow[]) {
  const wanted = variants.filter(({ kind }) => TOLD.has(kind))
  const ready = wanted.filter(({ state }) => state === 'READY')
  if (ready.length === 0 || wanted.some(({ state }) => state === 'WAITING' || state === 'MADE')) return undefined
  const keyOf = (kind: string) => {
    const variant = ready.find((one) => one.kind === kind)
    return variant ? nameOf(variant) : null
  }
  const data = {
    vodId: row.number,
    app,
    room: row.room,
    streamId: row.stream,
    masterKey: keyOf('MASTER'),
    webmKey: keyOf('ALTERNATE'),
    variants: ready.map((variant) => ({
      kind: variant.kind.toLowerCase(),
      format: variant.format,
      height: variant.heightPx,
      bitrateKbps: variant.bitrateKbps,
      key: nameOf(variant),
      sizeBytes: variant.sizeBytes,
    })),
  }
  return { app, event: 'vod_variants_ready', data }
}

/** Of the object; where there is none, of the file. */
const nameOf = ({ objectKey, file }: VariantRow): string => objectKey ?? file

import { z } from 'zod'
import { word } from './app-config.ts'
import type { Links } from './links.ts'

/** Every field that a row of a list is made of. */
export const ROW_FIELDS = `id number appNumber app stream room mode state session part splitMinutes snapshotSeconds name file format codec
  sizeBytes durationMs widthPx heightPx startedAt endedAt objectKey snapshotKey s3Url publicUrl
  variants { kind format state heightPx bitrateKbps key objectKey sizeBytes publicUrl error }`

type Variant = {
  readonly number?: number
  readonly kind: 'MASTER' | 'RENDITION' | 'ALTERNATE' | 'STORYBOARD'
  readonly format: string
  readonly state: 'WAITING' | 'MADE' | 'READY' | 'FAILED'
  readonly heightPx: number | null
  readonly bitrateKbps: number | null
  readonly key: string
  readonly objectKey: string | null
  readonly sizeBytes: number | null
  readonly publicUrl: string | null
  readonly mediaUrl?: string | null
  readonly error: string | null
}

export type Recording = {
  readonly id: string
  readonly number: number
  readonly appNumber: number
  readonly app: string
  readonly stream: string
  readonly room: string
  readonly mode: 'PARTICIPANT' | 'COMPOSITE'
  readonly state: 'RECORDING' | 'UPLOADING' | 'READY' | 'FAILED'
  readonly session: string
  readonly part: number
  readonly splitMinutes: number
  readonly snapshotSeconds: number
  readonly name: string
  readonly file: string | null
  readonly format: string | null
  readonly codec: string | null
  readonly sizeBytes: number | null
  readonly durationMs: number | null
  readonly widthPx: number | null
  readonly heightPx: number | null
  readonly startedAt: string
  readonly endedAt: string | null
  readonly objectKey: string | null
  readonly snapshotKey: string | null
  readonly s3Url: string | null
  readonly publicUrl: string | null
  readonly variants: readonly Variant[]
  readonly presignedUrl?: string | null
}

const nullable = {
  text: (what: string) => z.string().nullable().describe(what),
  number: (what: string) => z.number().nullable().describe(what),
}

export const VodRow = z.object({
  id: z.int().describe('Number of the recording.'),
  appId: z.int().describe('Number of the app.'),
  streamId: z.string().describe('The stream that it shows, as whoever began it named it.'),
  room: z.string().describe('Name of the room.'),
  name: z.string().describe('Name of the file.'),
  fileKey: nullable.text('Key of the object.'),
  s3Url: nullable.text('Where the object is, for whoever may read the bucket.'),
  publicUrl: nullable.text('Where anybody can read it.'),
  snapshotKey: nullable.text('Key of its picture.'),
  localPath: nullable.text("The file here, relative to the app's folder of recordings."),
  sizeBytes: nullable.number('Size in bytes.'),
  durationS: nullable.number('Length in seconds.'),
  width: nullable.number('Width of the picture in pixels.'),
  height: nullable.number('Height of the picture in pixels.'),
  format: nullable.text('mp4, webm or mkv.'),
  status: z.enum(['recording', 'uploading', 'ready', 'failed']).describe('How far it has come.'),
  startedAt: z.iso.datetime().nullable().describe('When it began.'),
  endedAt: z.iso.datetime().nullable().describe('When it ended.'),
  metatagsJson: nullable.text('JSON of what else is known of it.'),
})

const VariantView = z.object({
  id: z.int().describe('Number of the variant.'),
  kind: z.enum(['master', 'rendition', 'alternate']).describe('What it is.'),
  format: z.string().describe('hls, hls-h264 or webm-vp8.'),
  height: nullable.number('Height of the picture in pixels.'),
  bitrateKbps: nullable.number('Bitrate aimed at, in kbit/s.'),
  key: z.string().describe('Key of the object, or its path here.'),
  sizeBytes: nullable.number('Bytes of all its files.'),
  url: nullable.text('Where it can be read.'),
})

export const VodDetail = VodRow.extend({
  url: nullable.text('Where it can be read.'),
  presignedUrl: nullable.text('A link to the object that lasts for a week.'),
  adaptive: z.object({ masterKey: z.string(), masterUrl: z.string().nullable() }).nullable().describe('What HLS players open.'),
  variants: z.array(VariantView).describe('What was made of it.'),
})

export function toVodRow(row: Recording): z.output<typeof VodRow> {
  const { durationMs, room } = row
  return {
    id: row.number,
    appId: row.appNumber,
    streamId: row.stream,
    room,
    name: row.name,
    fileKey: row.objectKey,
    s3Url: row.s3Url,
    publicUrl: row.publicUrl,
    snapshotKey: row.snapshotKey,
    localPath: row.file,
    sizeBytes: row.sizeBytes,
    durationS: durationMs === null ? null : durationMs / 1_000,
    width: row.widthPx,
    height: row.heightPx,
    format: row.format,
    status: word(row.state) as 'recording' | 'uploading' | 'ready' | 'failed',
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    metatagsJson: JSON.stringify(metatags(row)),
  }
}

export function toVodDetail(row: Recording, { base }: Links): z.output<typeof VodDetail> {
  const isReady = row.state === 'READY'
  const presignedUrl = row.presignedUrl ?? null
  const local = row.file === null ? null : rawUrl(row, base)
  const variants = shown(row).filter(({ state }) => state === 'READY')
  const master = variants.find(({ kind }) => kind === 'MASTER')
  return {
    ...toVodRow(row),
    url: isReady ? (row.publicUrl ?? presignedUrl ?? local) : null,
    presignedUrl: isReady ? presignedUrl : null,
    adaptive: master ? { masterKey: master.key, masterUrl: urlOf(master, base) } : null,
    variants: variants.map((variant) => ({
      id: variant.number ?? 0,
      kind: word(variant.kind) as 'master' | 'rendition' | 'alternate',
      format: variant.format,
      height: variant.heightPx,
      bitrateKbps: variant.bitrateKbps,
      key: variant.key,
      sizeBytes: variant.sizeBytes,
      url: urlOf(variant, base),
    })),
  }
}

/** Where a file that is here is read with a token. */
export function rawUrl({ app, number }: Pick<Recording, 'app' | 'number'>, base: string): string {
  return `${base}/api/v1/apps/${encodeURIComponent(app)}/vods/${number}/raw`
}

/** Single renditions of a private bucket have no address of their own: players are led to them by the playlist, through this server. */
function urlOf({ kind, publicUrl, objectKey, mediaUrl }: Variant, base: string): string | null {
  if (publicUrl !== null) return publicUrl
  return mediaUrl == null || (objectKey !== null && kind !== 'MASTER') ? null : base + mediaUrl
}

const shown = ({ variants }: Recording) => variants.filter(({ kind }) => kind !== 'STORYBOARD')

function metatags(row: Recording): Record<string, unknown> {
  const { session: sessionId, splitMinutes, snapshotSeconds, part: partIndex, durationMs, widthPx: width, heightPx: height, codec } = row
  const mode = row.mode === 'PARTICIPANT' ? 'participant' : 'room-composite'
  const begun = { egressId: row.id, mode, room: row.room, app: row.app, sessionId, splitMinutes, snapshotSeconds }
  const facts = row.state === 'READY' && { durationS: durationMs === null ? null : durationMs / 1_000, width, height, codec }
  const variants = shown(row)
  const ready = variants.filter(({ state }) => state === 'READY')
  const failed = variants.filter(({ state }) => state === 'FAILED')
  const made = variants.length > 0 && {
    hlsMasterKey: ready.find(({ kind }) => kind === 'MASTER')?.key ?? null,
    variantCount: ready.length,
    variantsError: failed.length > 0 ? failed.map(({ error }) => error).join('; ') : null,
  }
  return { ...begun, partIndex, isPart: splitMinutes > 0, ...facts, ...made }
}

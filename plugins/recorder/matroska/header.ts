import type { Codec, Setup } from '../codecs/codec.ts'
import { element, float, ID, openElement, text, unsigned } from './ebml.ts'

/** Times are whole milliseconds. */
const SCALE_NS = 1_000_000
const VIDEO = 1
const AUDIO = 2
/** What decoders of Opus need in front of a place that was sought, in nanoseconds. */
const OPUS_SEEK_NS = 80_000_000

export type FileTrack = { readonly codec: Codec; readonly setup: Setup }

/** What every file begins with. Track `n` of the list has the number `n + 1`. */
export function fileHeader(tracks: readonly FileTrack[]): Buffer {
  const ebml = element(
    ID.ebml,
    unsigned(0x4286, 1),
    unsigned(0x42f7, 1),
    unsigned(0x42f2, 4),
    unsigned(0x42f3, 8),
    text(0x4282, 'matroska'),
    unsigned(0x4287, 4),
    unsigned(0x4285, 2),
  )
  const info = element(ID.info, unsigned(ID.timestampScale, SCALE_NS), text(0x4d80, 'Patchbay'), text(0x5741, 'Patchbay'))
  const entries = tracks.map((track, index) => trackEntry(track, index + 1))
  return Buffer.concat([ebml, openElement(ID.segment), info, element(ID.tracks, ...entries)])
}

function trackEntry({ codec, setup }: FileTrack, number: number): Buffer {
  const isVideo = codec.kind === 'video'
  const common = [
    unsigned(ID.trackNumber, number),
    unsigned(0x73c5, number),
    unsigned(ID.trackType, isVideo ? VIDEO : AUDIO),
    unsigned(0x9c, 0),
    text(ID.codecId, codec.matroskaId),
    ...(setup.private ? [element(ID.codecPrivate, setup.private)] : []),
    ...(codec.name === 'OPUS' ? [unsigned(0x56bb, OPUS_SEEK_NS)] : []),
  ]
  const shape = isVideo
    ? element(0xe0, unsigned(0xb0, setup.widthPx ?? 0), unsigned(0xba, setup.heightPx ?? 0))
    : element(0xe1, float(0xb5, setup.sampleRate ?? 48_000), unsigned(0x9f, setup.channels ?? 2))
  return element(ID.trackEntry, ...common, shape)
}

/** @param atMs From the beginning of the file. */
export function cluster(atMs: number, blocks: readonly Buffer[]): Buffer {
  return element(ID.cluster, unsigned(ID.timestamp, atMs), ...blocks)
}

/** @param relativeMs From the beginning of its cluster; up to 32 s. */
export function simpleBlock(track: number, relativeMs: number, isKeyframe: boolean, data: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head[0] = 0x80 | track
  head.writeInt16BE(relativeMs, 1)
  head[3] = isKeyframe ? 0x80 : 0
  return element(ID.simpleBlock, head, data)
}

import { createReadStream } from 'node:fs'
import { element, ID, openElement, text, unsigned } from './ebml.ts'
import { cluster, simpleBlock } from './header.ts'
import { childrenOf, type Element, elementsOf, numberOf } from './reader.ts'

const CHUNK_BYTES = 1 << 20
/** What a picture or a packet of sound lasts when nothing follows it that would tell. */
const LAST_FRAME_MS = 20
const AUDIO = 2

type Track = { readonly kind: number; readonly codec: string; readonly entry: Buffer }
type Block = { readonly track: number; readonly atMs: number; readonly isKeyframe: boolean; readonly data: Buffer }

/**
 * Several Matroska files as one, which is told piece by piece and held nowhere. Each begins where the one before it ends, so that time
 * which nobody recorded is left out; sound and picture keep their distance. There is one track of each kind: those of the first file that
 * has one.
 *
 * @param files Absolute paths, in order; their tracks of one kind are of one codec, and bring their parameter sets with them.
 */
export async function* joinedFiles(files: readonly string[]): AsyncGenerator<Buffer> {
  const tracks = await allTracks(files)
  const entries = tracks.map(({ entry }, index) =>
    element(ID.trackEntry, unsigned(ID.trackNumber, index + 1), unsigned(0x73c5, index + 1), entry),
  )
  yield element(ID.ebml, text(0x4282, 'matroska'), unsigned(0x4287, 4), unsigned(0x4285, 2))
  yield openElement(ID.segment)
  yield element(ID.info, unsigned(ID.timestampScale, 1_000_000), text(0x4d80, 'Patchbay'), text(0x5741, 'Patchbay'))
  yield element(ID.tracks, ...entries)

  let beginsAtMs = 0
  for (const file of files) {
    let offsetMs: number | undefined
    const last = new Map<number, { atMs: number; lastsMs: number }>()
    for await (const { track, atMs, isKeyframe, data } of blocksOf(file, tracks)) {
      offsetMs ??= beginsAtMs - atMs
      const time = Math.max(beginsAtMs, atMs + offsetMs)
      const before = last.get(track)
      last.set(track, { atMs: Math.max(time, before?.atMs ?? 0), lastsMs: before ? Math.max(time - before.atMs, 1) : LAST_FRAME_MS })
      yield cluster(time, [simpleBlock(track + 1, 0, isKeyframe, data)])
    }
    for (const { atMs, lastsMs } of last.values()) beginsAtMs = Math.max(beginsAtMs, Math.ceil(atMs + Math.min(lastsMs, 200)))
  }
}

async function allTracks(files: readonly string[]): Promise<Track[]> {
  const tracks: Track[] = []
  for (const file of files) {
    for (const track of await tracksOf(file)) if (!tracks.some(({ kind }) => kind === track.kind)) tracks.push(track)
  }
  return tracks.sort((a, b) => a.kind - b.kind)
}

async function tracksOf(file: string): Promise<Track[]> {
  const tracks: Track[] = []
  for await (const { id, data } of read(file)) {
    if (id === ID.trackEntry) tracks.push(trackOf(data).track)
    if (id === ID.cluster) break
  }
  return tracks
}

/** What a file holds of these tracks, by their index. */
async function* blocksOf(file: string, tracks: readonly Track[]): AsyncGenerator<Block> {
  const indexes = new Map<number, number>()
  let scaleMs = 1
  let clusterMs = 0
  for await (const { id, data } of read(file)) {
    if (id === ID.info) {
      const scale = childrenOf(data).find((child) => child.id === ID.timestampScale)
      if (scale) scaleMs = numberOf(scale.data) / 1_000_000
    } else if (id === ID.trackEntry) {
      const { number, track } = trackOf(data)
      const index = tracks.findIndex(({ kind, codec }) => kind === track.kind && codec === track.codec)
      if (index >= 0) indexes.set(number, index)
    } else if (id === ID.timestamp) clusterMs = numberOf(data) * scaleMs
    else if (id === ID.simpleBlock || id === ID.block) {
      const track = indexes.get(data[0]! & 0x7f)
      if (track === undefined || data.length < 5) continue
      const atMs = Math.round(clusterMs + data.readInt16BE(1) * scaleMs)
      yield {
        track,
        atMs,
        isKeyframe: tracks[track]?.kind === AUDIO || (id === ID.simpleBlock && (data[3]! & 0x80) !== 0),
        data: data.subarray(4),
      }
    }
  }
}

/** Without its number, which it gets anew. */
function trackOf(data: Buffer): { number: number; track: Track } {
  const children = childrenOf(data)
  const find = (id: number) => children.find((child) => child.id === id)?.data ?? Buffer.alloc(0)
  const kept = children.filter(({ id }) => id !== ID.trackNumber && id !== 0x73c5)
  const entry = Buffer.concat(kept.map(({ id, data: content }) => element(id, content)))
  return {
    number: numberOf(find(ID.trackNumber)),
    track: { kind: numberOf(find(ID.trackType)), codec: find(ID.codecId).toString(), entry },
  }
}

function read(file: string): AsyncGenerator<Element> {
  return elementsOf(createReadStream(file, { highWaterMark: CHUNK_BYTES }))
}

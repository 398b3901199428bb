import type { Codec, Frame, Setup } from '../codecs/codec.ts'
import type { Codecs, NextFile } from '../source.ts'
import { FileWriter } from './file-writer.ts'

/** Frames that wait for a file to begin, in bytes; beyond it, recording has failed. */
const MAX_WAITING_BYTES = 64 << 20
/** A picture that has not moved for longer is none that a cut waits for. */
const STILL_MS = 2_000

export type FileTrackSource = { readonly kind: 'audio' | 'video'; readonly codec: Codec; readonly setup: Setup | undefined }
type Options<Track> = {
  tracks: () => readonly Track[]
  next: NextFile
  clusterMs: number
  begun: (file: string) => void
  whole: (file: string) => void
  failed: (error: Error) => void
}
type Queued<Track> = { track: Track; frame: Frame; atMs: number }

/**
 * Writes frames, which come in order, into one file after the other. A file begins with a keyframe where it has a picture; it has the
 * tracks that are known by then, so a picture that comes later begins another file.
 */
export class TrackFiles<Track extends FileTrackSource = FileTrackSource> {
  readonly #options: Options<Track>
  #current: { writer: FileWriter; tracks: readonly Track[] } | undefined
  /** What comes while a file is being begun. */
  #waiting: Queued<Track>[] | undefined
  #waitingBytes = 0
  #wantsCut = false
  #pictureAtMs = Number.NEGATIVE_INFINITY
  #flushedAtMs = 0
  #closing: Promise<void> = Promise.resolve()
  #beginning: Promise<void> = Promise.resolve()
  #hasFailed = false

  constructor(options: Options<Track>) {
    this.#options = options
  }

  /** The next file begins with the next keyframe. */
  cut(): void {
    this.#wantsCut = true
  }

  add(track: Track, frame: Frame, atMs: number): void {
    if (this.#hasFailed) return
    if (this.#waiting) {
      this.#waiting.push({ track, frame, atMs })
      this.#waitingBytes += frame.data.length
      if (this.#waitingBytes > MAX_WAITING_BYTES) this.#fail(new Error('the next file was not begun in time'))
      return
    }
    if (track.kind === 'video') this.#pictureAtMs = atMs
    if (this.#needsFile(track, frame, atMs)) {
      this.#waiting = [{ track, frame, atMs }]
      this.#beginning = this.#begin(atMs).catch((error: Error) => this.#fail(error))
      return
    }
    this.#write({ track, frame, atMs })
  }

  /** Puts on disk what has been there for the length of a cluster, also when nothing follows it. */
  flush(nowMs: number): void {
    if (nowMs - this.#flushedAtMs < this.#options.clusterMs) return
    this.#flushedAtMs = nowMs
    this.#current?.writer.flush()
  }

  async close(): Promise<void> {
    await this.#beginning
    await this.#current?.writer.close()
    await this.#closing
  }

  #needsFile(track: Track, { isKeyframe }: Frame, atMs: number): boolean {
    if (!this.#current) return true
    if (!this.#current.tracks.includes(track)) return isKeyframe
    if (!this.#wantsCut) return false
    const hasPicture = this.#current.tracks.some(({ kind }) => kind === 'video') && atMs - this.#pictureAtMs < STILL_MS
    return hasPicture ? track.kind === 'video' && isKeyframe : true
  }

  async #begin(beganAtMs: number): Promise<void> {
    const { tracks: known, next, clusterMs, begun, whole } = this.#options
    this.#wantsCut = false
    const tracks = known().filter(({ setup }) => setup)
    const name = (kind: string) => tracks.find((track) => track.kind === kind)?.codec.name
    const [video, audio] = [name('video'), name('audio')]
    const codecs: Codecs = { ...(video !== undefined && { video }), ...(audio !== undefined && { audio }) }
    const before = this.#current?.writer
    this.#current = undefined
    // Whole before the next one is asked for: whoever is asked may be finishing it by then.
    if (before) {
      await before.close()
      whole(before.file)
    }
    const file = await next(codecs)
    const setups = tracks.map(({ codec, setup }) => ({ codec, setup: setup ?? {} }))
    const writer = new FileWriter({ file, tracks: setups, beganAtMs, clusterMs, failed: (error) => this.#fail(error) })
    this.#current = { writer, tracks }
    begun(file)
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    this.#waitingBytes = 0
    const [first, ...rest] = waiting
    if (first) this.#write(first)
    for (const { track, frame, atMs } of rest) this.add(track, frame, atMs)
  }

  #write({ track, frame, atMs }: Queued<Track>): void {
    const index = this.#current?.tracks.indexOf(track) ?? -1
    if (index >= 0) this.#current?.writer.add(index, atMs, frame)
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#waiting = undefined
    this.#options.failed(error)
  }
}

import { EventEmitter } from 'node:events'
import type { TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { Frame } from './codecs/codec.ts'
import type { RecorderConfig } from './config.ts'
import { FrameQueue } from './frame-queue.ts'
import { TrackFiles } from './matroska/track-files.ts'
import { pictureOf } from './picture.ts'
import { TappedTrack } from './rtp/tapped-track.ts'
import { Timeline } from './rtp/timeline.ts'
import type { NextFile, Segment } from './source.ts'

export type SegmentHost = Pick<Host<RecorderConfig>, 'core' | 'config' | 'log'>

const TICK_MS = 100
/** How long a file waits for all tracks to begin, and for their senders to say how they belong together. */
const HOLD_MS = 1_500
/** How long a picture waits for a keyframe that is as new as it. */
const PICTURE_MS = 3_000

type Held = { track: TappedTrack; frame: Frame; rtpTime: number; nowMs: number }

/** Writes the tracks of a participant as they come, nothing transcoded, without a process of its own. */
export class TrackSegment implements Segment {
  readonly events: Segment['events'] = new EventEmitter()
  readonly #timeline = new Timeline()
  readonly #queue: FrameQueue<TappedTrack>
  readonly #files: TrackFiles
  readonly #timer: NodeJS.Timeout
  #tracks: TappedTrack[] = []
  /** What has come while it is unknown how the tracks belong together; undefined once that is known. */
  #held: Held[] | undefined = []
  #ended = false
  #closed: Promise<void> | undefined

  /** @throws {MediaError} `CODEC_UNSUPPORTED` or `TRACK_NOT_FOUND`. */
  static async open({ core, config }: SegmentHost, tracks: readonly TrackData[], next: NextFile): Promise<TrackSegment> {
    const segment = new TrackSegment(config, next)
    try {
      for (const track of tracks) segment.#tracks.push(await TappedTrack.open(core, track, (...frame) => segment.#take(...frame)))
      await Promise.all(segment.#tracks.map((track) => track.resume()))
      return segment
    } catch (error) {
      await segment.close()
      throw error
    }
  }

  private constructor(config: RecorderConfig, next: NextFile) {
    this.#files = new TrackFiles({
      tracks: () => this.#tracks,
      next,
      clusterMs: config.clusterMs,
      begun: (file) => this.events.emit('begun', file),
      whole: (file) => this.events.emit('whole', file),
      failed: (error) => this.#end(error),
    })
    this.#queue = new FrameQueue((track, frame, atMs) => this.#files.add(track, frame, atMs))
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  get ended(): boolean {
    return this.#ended
  }

  cut(): void {
    this.#files.cut()
    for (const track of this.#tracks) if (track.kind === 'video') track.requestKeyframe()
  }

  async picture(): Promise<Buffer | undefined> {
    const track = this.#tracks.find(({ kind }) => kind === 'video')
    if (!track) return undefined
    const before = track.keyframe
    track.requestKeyframe()
    const deadline = Date.now() + PICTURE_MS
    while (track.keyframe === before && Date.now() < deadline && !this.#closed) await new Promise((done) => setTimeout(done, TICK_MS))
    return track.keyframe && track.setup ? pictureOf({ codec: track.codec, setup: track.setup }, track.keyframe) : undefined
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all(this.#tracks.map((track) => track.close()))
    clearInterval(this.#timer)
    this.#release()
    this.#queue.release(Number.POSITIVE_INFINITY)
    await this.#files.close()
  }

  #take(track: TappedTrack, frame: Frame, rtpTime: number): void {
    const nowMs = Date.now()
    if (this.#held) this.#held.push({ track, frame, rtpTime, nowMs })
    else this.#queue.add(track, frame, this.#timeline.place(track, rtpTime, nowMs), nowMs)
  }

  #tick(): void {
    const nowMs = Date.now()
    for (const track of this.#tracks) track.tick(nowMs)
    if (this.#held && this.#isReady(this.#held, nowMs)) this.#release()
    this.#queue.release(nowMs)
    this.#files.flush(nowMs)
  }

  #isReady(held: readonly Held[], nowMs: number): boolean {
    const [first] = held
    if (!first) return false
    if (nowMs - first.nowMs > HOLD_MS) return true
    return this.#tracks.every((track) => track.clock.isReported && held.some((one) => one.track === track)) || this.#tracks.length === 1
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { track, frame, rtpTime, nowMs } of held) this.#queue.add(track, frame, this.#timeline.place(track, rtpTime, nowMs), nowMs)
  }

  #end(error: Error): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    const isFull = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    this.events.emit('ended', isFull ? 'DISK_FULL' : error.message)
  }
}

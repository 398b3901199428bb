import type { Log } from '../../core/kernel/log.ts'
import type { Host, PluginTask } from '../kit/host.ts'
import { KeptPipeline } from '../kit/kept-pipeline.ts'
import { OutgoingTrack } from '../kit/rtp/outgoing-track.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import { SessionClock } from '../kit/rtp/session-clock.ts'
import { H264_CODEC } from '../kit/rtp/track-codecs.ts'
import type { Camera } from './camera.ts'
import type { Frame } from './frame.ts'
import { type PictureSize, sizeOf } from './jpeg.ts'
import { JpegPipeline } from './jpeg-pipeline.ts'
import { bitrateFor, jpegToH264 } from './launch.ts'

/** A picture is decoded whole: what says that it is larger than this is not. */
const MAX_PIXELS = 4_096 * 4_096
/** A keyframe of a picture that was sent already is of use when no other comes within this time. */
const REPEAT_AFTER_MS = 100

export type BridgeOptions = {
  host: Pick<Host, 'core' | 'pipelines' | 'tasks'>
  log: Log
  camera: Camera
  parent: PluginTask
  reports: SenderReports
  maxFps: number
  /** It could not be kept up. */
  onFailed: (reason: string) => void
}

/** Makes an H.264 track of a camera's pictures, from the first one on whose size can be told. */
export class Bridge {
  readonly #options: BridgeOptions
  readonly #openedAtMs = performance.now()
  readonly #clock = new SessionClock()
  #opening = false
  #closed = false
  #track: OutgoingTrack | undefined
  #pipeline: KeptPipeline<JpegPipeline> | undefined
  #size: PictureSize | undefined
  #latest: Frame | undefined
  #writtenAtMs = 0

  constructor(options: BridgeOptions) {
    this.#options = options
    this.#clock.start(0)
    if (options.camera.latest) this.frame(options.camera.latest)
  }

  frame(frame: Frame): void {
    const size = sizeOf(frame.jpeg)
    if (!size || size.widthPx * size.heightPx > MAX_PIXELS || this.#closed) return
    this.#latest = frame
    this.#describe(size)
    if (!this.#opening) void this.#open(size)
    else this.#write(frame, frame.receivedAtMs)
  }

  /** The picture that is there is sent once more, so that nobody waits for a camera that sends one in ten seconds. */
  keyframeWanted(): void {
    this.#pipeline?.current?.forceKeyframe()
    const nowMs = performance.now()
    if (this.#latest && nowMs - this.#writtenAtMs > REPEAT_AFTER_MS) this.#write(this.#latest, nowMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pipeline?.close()
    if (this.#track) this.#unpublish(this.#track)
  }

  async #open(size: PictureSize): Promise<void> {
    this.#opening = true
    const { host, log, camera, parent, reports, maxFps, onFailed } = this.#options
    const { core, pipelines, tasks } = host
    try {
      const context = { core, participantId: camera.participantId, clock: this.#clock, reports }
      const info = { ...size, transcoded: true, source: 'CAMERA' } as const
      const track = await OutgoingTrack.publish(context, { kind: 'video', codec: H264_CODEC, info })
      if (this.#closed) return this.#unpublish(track)
      this.#track = track
      const launch = jpegToH264(bitrateFor(size, maxFps))
      this.#pipeline = new KeptPipeline<JpegPipeline>({
        pipelines,
        tasks,
        parent,
        log,
        name: `${camera.name} bridge`,
        start: (options) => JpegPipeline.start({ ...options, launch, stream: track.source }),
        onUp: () => {
          if (this.#latest) this.#write(this.#latest, performance.now())
        },
        onGaveUp: onFailed,
      })
    } catch (error) {
      if (!this.#closed) onFailed(String(error))
    }
  }

  #write({ jpeg }: Frame, atMs: number): void {
    this.#writtenAtMs = atMs
    this.#pipeline?.current?.write({ jpeg, atMs: Math.max(0, atMs - this.#openedAtMs) })
  }

  #describe(size: PictureSize): void {
    const changed = this.#size && (size.widthPx !== this.#size.widthPx || size.heightPx !== this.#size.heightPx)
    this.#size = size
    if (!changed || !this.#track) return
    this.#options.host.core.tracks.describe(this.#track.id, { ...size, transcoded: true, source: 'CAMERA' }).catch(() => {}) // it has ended
  }

  #unpublish(track: OutgoingTrack): void {
    track.close()
    this.#options.host.core.tracks.unpublish(track.id, 'REQUESTED').catch(() => {}) // it ended with its participant
  }
}

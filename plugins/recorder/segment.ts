import { EventEmitter } from 'node:events'
import type { Pipeline } from '../../native/pipeline.ts'
import type { TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { RecorderConfig } from './config.ts'
import { filePipeline, rtcpSource, rtpSource } from './launch.ts'

export type SegmentHost = Pick<Host<RecorderConfig>, 'core' | 'pipelines' | 'config' | 'log'>

/** One run of a pipeline that writes tracks into one file. */
export class Segment {
  /** `ended` once, by itself: its pipeline died, or what it copies has gone. */
  readonly events = new EventEmitter<{ ended: [cause: string] }>()
  readonly file: string
  readonly tracks: readonly TrackData[]
  readonly #host: SegmentHost
  readonly #pipeline: Pipeline
  readonly #taps: string[] = []

  /**
   * @param file Absolute path; there is no such file yet.
   * @throws {MediaError} `CODEC_UNSUPPORTED`, `TRACK_NOT_FOUND` or `PIPELINE_FAILED`.
   */
  static async open(host: SegmentHost, tracks: readonly TrackData[], file: string, name: string): Promise<Segment> {
    const formats = await Promise.all(tracks.map(({ id }) => host.core.tracks.format(id)))
    const pipeline = await host.pipelines.start({ name, launch: filePipeline(formats, file, host.config.clusterMs) })
    const segment = new Segment(host, tracks, file, pipeline)
    try {
      await segment.#tap()
      return segment
    } catch (error) {
      await segment.close()
      throw error
    }
  }

  private constructor(host: SegmentHost, tracks: readonly TrackData[], file: string, pipeline: Pipeline) {
    this.#host = host
    this.tracks = tracks
    this.file = file
    this.#pipeline = pipeline
    pipeline.events.once('closed', (reason, detail) => {
      if (reason !== 'REQUESTED') this.events.emit('ended', detail ?? reason)
    })
  }

  get ended(): boolean {
    return this.#pipeline.end !== undefined
  }

  /** Lets a sender make a keyframe, so that a file can begin or a part can be cut there. */
  async requestKeyframe(): Promise<void> {
    await Promise.all(this.#taps.map((id) => this.#host.core.tracks.requestKeyframe(id).catch(() => undefined)))
  }

  /** Finishes the file. Calling it again waits for the same end. */
  async close(): Promise<void> {
    await Promise.all(this.#taps.map((id) => this.#host.core.tracks.untap(id)))
    const finished = await this.#pipeline.stop({ eosWithinMs: this.#host.config.finishMs })
    if (!finished) this.#host.log.warn({ file: this.file }, 'a file was not finished in time; it ends with what was on disk')
  }

  /** All at once: the file begins where everything has begun. */
  async #tap(): Promise<void> {
    const { core } = this.#host
    const opened = await Promise.all(
      this.tracks.map(async ({ id }, index) => {
        const [port, rtcpPort] = await Promise.all(
          [rtpSource(index), rtcpSource(index)].map((source) => this.#pipeline.get(source, 'port')),
        )
        const { tapId } = await core.tracks.tap(id, { port: Number(port), rtcpPort: Number(rtcpPort), paused: true })
        this.#taps.push(tapId)
        return tapId
      }),
    )
    await Promise.all(opened.map((tapId) => core.tracks.resumeTap(tapId)))
  }
}

import type { Log } from '../../../core/kernel/log.ts'
import type { PluginPipelines, PluginTask, PluginTasks } from '../../kit/host.ts'
import type { TrackContext } from '../../kit/rtp/outgoing-track.ts'
import type { PullConfig } from '../config.ts'
import type { TrackFormat } from '../source.ts'
import { Audio } from './audio.ts'
import { rtpPacketOf } from './rtp-packet.ts'
import { SourceTime } from './source-time.ts'
import { Video, type VideoFacts } from './video.ts'

export type MediaOptions = {
  context: TrackContext
  pipelines: PluginPipelines
  tasks: PluginTasks
  parent: PluginTask
  log: Log
  name: string
  config: PullConfig
  /** Asks the source. */
  requestKeyframe: () => void
  /** A pipeline failed too often. */
  onFailed: (reason: string) => void
}

/** What one pull publishes: at most one video and one audio track, which go on while their source is connected to again. */
export class Media {
  readonly #options: MediaOptions
  readonly #video: Video
  readonly #audio: Audio
  readonly #formats = new Map<number, TrackFormat>()
  #time: SourceTime
  receivedBytes = 0
  /** When the last packet came, as `performance.now()` counts. */
  lastPacketAt = 0

  constructor(options: MediaOptions) {
    this.#options = options
    this.#video = new Video(options)
    this.#audio = new Audio(options)
    this.#time = this.#newTime(false)
  }

  get facts(): VideoFacts & { videoCodec?: string; audioCodec?: string } {
    const { codec: videoCodec } = this.#video
    const { codec: audioCodec } = this.#audio
    return { ...this.#video.facts, ...(videoCodec && { videoCodec }), ...(audioCodec && { audioCodec }) }
  }

  replay(): Iterable<Buffer> {
    return this.#video.replay()
  }

  /** Another source, or the same one again. @param isCommonTime Its tracks count from the same instant. */
  restart(isCommonTime: boolean): void {
    this.#formats.clear()
    this.#time = this.#newTime(isCommonTime)
  }

  /** @throws {MediaError} `CODEC_UNSUPPORTED` */
  track(index: number, format: TrackFormat): void {
    this.#formats.set(index, format)
    if (format.kind === 'video') this.#video.begin(format)
    else this.#audio.begin(format)
  }

  packet(index: number, bytes: Buffer): void {
    const format = this.#formats.get(index)
    const packet = rtpPacketOf(bytes)
    if (!format || !packet) return
    this.receivedBytes += bytes.length
    this.lastPacketAt = performance.now()
    const sessionMs = this.#time.at(index, format.clockRate, packet.rtpTime)
    if (format.kind === 'video') this.#video.push(packet, sessionMs)
    else this.#audio.push(packet, sessionMs)
  }

  report(index: number, rtpTime: number, wallClockMs: number): void {
    this.#time.report(index, rtpTime, wallClockMs)
  }

  keyframeWanted(ssrc: number): void {
    this.#video.keyframeWanted(ssrc)
  }

  bridgeViewers(count: number): void {
    this.#video.bridgeViewers(count)
  }

  close(): void {
    this.#video.close()
    this.#audio.close()
  }

  #newTime(isCommon: boolean): SourceTime {
    const { clock } = this.#options.context
    clock.start(0)
    return new SourceTime(() => clock.nowMs, isCommon)
  }
}

import type { Log } from '../../core/kernel/log.ts'
import type { PluginPipelines, PluginTask, PluginTasks } from '../kit/host.ts'
import { bitrateFor, fitInto, type Picture } from '../kit/rtp/encode.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import { FlvPipeline } from './flv-pipeline.ts'
import { h264ToH264 } from './launch.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import { replay } from './replay.ts'

/** It is watched for a moment only, and has to be there at once. */
const MAX_WIDTH_PX = 1280
const MAX_HEIGHT_PX = 720
/** Input that it has not taken; beyond, it lags too far behind to be of use. */
const MAX_QUEUED_BYTES = 8 << 20

export type BridgeOptions = {
  pipelines: PluginPipelines
  tasks: PluginTasks
  parent: PluginTask
  log: Log
  name: string
  cache: GopCache
  picture: () => Picture
  stream: RtpStream
  /** Once, when it ended of itself. */
  onEnded: () => void
}

/**
 * A second rendition of a source, made from the middle of a GOP on: its first frame is a keyframe, and it can make more.
 * A viewer watches it until the source's own next keyframe.
 */
export class Bridge {
  readonly #options: BridgeOptions
  readonly #task: PluginTask
  readonly #abort = new AbortController()
  #pipeline: FlvPipeline | undefined

  constructor(options: BridgeOptions) {
    this.#options = options
    this.#task = options.tasks.open({ type: 'PIPELINE', name: `${options.name} bridge`, parent: options.parent })
    void this.#start()
  }

  /** Frames that come while it starts are in the cache by then. */
  frame(message: MediaMessage): void {
    if (!this.#pipeline) return
    if (this.#pipeline.queuedBytes > MAX_QUEUED_BYTES) this.#options.onEnded()
    else this.#pipeline.write(message)
  }

  forceKeyframe(): void {
    this.#pipeline?.forceKeyframe()
  }

  close(cause?: string): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.#task.stopped(cause)
  }

  async #start(): Promise<void> {
    const { pipelines, name, picture, stream, cache, log, onEnded } = this.#options
    const scaleTo = fitInto(picture(), MAX_WIDTH_PX, MAX_HEIGHT_PX)
    const size = scaleTo ? { ...picture(), widthPx: scaleTo.width, heightPx: scaleTo.height } : picture()
    const launch = h264ToH264(picture(), { preset: 'ultrafast', bitrateBps: bitrateFor(size), ...(scaleTo && { scaleTo }) })
    try {
      const pipeline = await FlvPipeline.start({ pipelines, name, launch, stream, task: this.#task, signal: this.#abort.signal })
      if (this.#abort.signal.aborted) return
      pipeline.onClosed((reason, detail) => this.#ended(detail ?? reason))
      replay(cache, pipeline)
      this.#pipeline = pipeline
      this.#task.running()
    } catch (error) {
      if (this.#abort.signal.aborted) return
      log.warn({ err: error }, 'no bridge to the next keyframe')
      this.close(String(error))
      onEnded()
    }
  }

  #ended(cause: string): void {
    if (this.#abort.signal.aborted) return
    this.#options.log.warn({ cause }, 'the bridge ended early')
    this.close(cause)
    this.#options.onEnded()
  }
}

import type { Log } from '../../../core/kernel/log.ts'
import type { PluginPipelines, PluginTask, PluginTasks } from '../host.ts'
import type { Keepable } from '../kept-pipeline.ts'
import { bitrateFor, type Encoding, fitInto, type Picture } from './encode.ts'

/** It is watched for a moment only, and has to be there at once. */
const MAX_WIDTH_PX = 1280
const MAX_HEIGHT_PX = 720

/** What makes a bridge: decodes the GOP so far, and makes keyframes when they are asked for. */
export interface BridgePipeline extends Keepable {
  forceKeyframe(): void
}

export type BridgeOptions<Running extends BridgePipeline> = {
  pipelines: PluginPipelines
  tasks: PluginTasks
  parent: PluginTask
  log: Log
  name: string
  start: (options: { pipelines: PluginPipelines; name: string; task: PluginTask; signal: AbortSignal }) => Promise<Running>
  /** It runs, and has to be given the GOP so far. Frames that came while it started are part of that. */
  onUp: (pipeline: Running) => void
  /** Once, when it ended of itself. */
  onEnded: () => void
}

/** How a bridge is encoded whose source looks like this. */
export function bridgeEncoding(picture: Picture): Encoding {
  const scaleTo = fitInto(picture, MAX_WIDTH_PX, MAX_HEIGHT_PX)
  const size = scaleTo ? { ...picture, widthPx: scaleTo.width, heightPx: scaleTo.height } : picture
  return { preset: 'ultrafast', bitrateBps: bitrateFor(size), ...(scaleTo && { scaleTo }) }
}

/**
 * A second rendition of a source, made from the middle of a GOP on: its first frame is a keyframe, and it can make more.
 * A viewer watches it until the source's own next keyframe.
 */
export class Bridge<Running extends BridgePipeline> {
  readonly #options: BridgeOptions<Running>
  readonly #task: PluginTask
  readonly #abort = new AbortController()
  #pipeline: Running | undefined

  constructor(options: BridgeOptions<Running>) {
    this.#options = options
    this.#task = options.tasks.open({ type: 'PIPELINE', name: `${options.name} bridge`, parent: options.parent })
    void this.#start()
  }

  /** Undefined while it starts. */
  get current(): Running | undefined {
    return this.#pipeline
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
    const { pipelines, name, start, onUp, log, onEnded } = this.#options
    try {
      const pipeline = await start({ pipelines, name, task: this.#task, signal: this.#abort.signal })
      if (this.#abort.signal.aborted) return
      pipeline.onClosed((reason, detail) => this.#ended(detail ?? reason))
      onUp(pipeline)
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

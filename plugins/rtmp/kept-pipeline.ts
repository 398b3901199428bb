import { Backoff } from '../../core/kernel/backoff.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { PluginPipelines, PluginTask, PluginTasks } from '../kit/host.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import { FlvPipeline } from './flv-pipeline.ts'

export type KeptPipelineOptions = {
  pipelines: PluginPipelines
  tasks: PluginTasks
  parent: PluginTask
  log: Log
  name: string
  launch: string
  stream: RtpStream
  /** It runs, and has to be given what it needs to begin with; also after a restart. */
  onUp: (pipeline: FlvPipeline) => void
  /** It failed too often. */
  onGaveUp: (reason: string) => void
}

/** A pipeline that comes back when it dies: at once the first time, then ever later, and not at all after ten times in a minute. */
export class KeptPipeline {
  readonly #options: KeptPipelineOptions
  readonly #task: PluginTask
  readonly #abort = new AbortController()
  readonly #backoff = new Backoff({ firstMs: 10, maxMs: 5_000, giveUpAfter: 10 })
  #current: FlvPipeline | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(options: KeptPipelineOptions) {
    this.#options = options
    const { tasks, parent, name } = options
    this.#task = tasks.open({ type: 'PIPELINE', name, parent, restart: async () => void (await this.#current?.stop()) })
    void this.#start()
  }

  /** Undefined while it is being started; what comes in then is lost. */
  get current(): FlvPipeline | undefined {
    return this.#current
  }

  close(): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    clearTimeout(this.#retry)
    this.#task.stopped()
  }

  async #start(): Promise<void> {
    const { pipelines, name, launch, stream, onUp } = this.#options
    try {
      const pipeline = await FlvPipeline.start({ pipelines, name, launch, stream, task: this.#task, signal: this.#abort.signal })
      if (this.#abort.signal.aborted) return
      this.#current = pipeline
      this.#task.running()
      onUp(pipeline)
      pipeline.onClosed((reason, detail) => this.#ended(detail ?? reason))
    } catch (error) {
      this.#ended(error instanceof Error ? error.message : String(error))
    }
  }

  #ended(cause: string): void {
    this.#current = undefined
    if (this.#abort.signal.aborted) return
    const waitMs = this.#backoff.next()
    if (waitMs === undefined) {
      this.#task.failed(cause)
      this.#options.onGaveUp(cause)
      return
    }
    this.#options.log.warn({ pipeline: this.#options.name, cause, waitMs }, 'pipeline ended; starting it again')
    this.#task.restarting(cause)
    this.#retry = setTimeout(() => void this.#start(), waitMs)
  }
}

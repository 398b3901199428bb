import { Backoff } from '../../core/kernel/backoff.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { PipelineEnd } from '../../native/pipeline.ts'
import type { PluginPipelines, PluginTask, PluginTasks } from './host.ts'

/** What is kept: a pipeline, or something around one. */
export interface Keepable {
  /** `gone` is called once; at once when it has ended already. */
  onClosed(gone: (reason: PipelineEnd, detail: string | undefined) => void): void
  stop(): Promise<void>
}

export type KeptPipelineOptions<Running extends Keepable> = {
  pipelines: PluginPipelines
  tasks: PluginTasks
  parent: PluginTask
  log: Log
  name: string
  start: (options: { pipelines: PluginPipelines; name: string; task: PluginTask; signal: AbortSignal }) => Promise<Running>
  /** It runs, and has to be given what it needs to begin with; also after a restart. */
  onUp: (pipeline: Running) => void
  /** It failed too often. */
  onGaveUp: (reason: string) => void
}

/** A pipeline that comes back when it dies: at once the first time, then ever later, and not at all after ten times in a minute. */
export class KeptPipeline<Running extends Keepable> {
  readonly #options: KeptPipelineOptions<Running>
  readonly #task: PluginTask
  readonly #abort = new AbortController()
  readonly #backoff = new Backoff({ firstMs: 10, maxMs: 5_000, giveUpAfter: 10 })
  #current: Running | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(options: KeptPipelineOptions<Running>) {
    this.#options = options
    const { tasks, parent, name } = options
    this.#task = tasks.open({ type: 'PIPELINE', name, parent, restart: async () => void (await this.#current?.stop()) })
    void this.#start()
  }

  /** Undefined while it is being started; what comes in then is lost. */
  get current(): Running | undefined {
    return this.#current
  }

  close(): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    clearTimeout(this.#retry)
    this.#task.stopped()
  }

  async #start(): Promise<void> {
    const { pipelines, name, start, onUp } = this.#options
    try {
      const pipeline = await start({ pipelines, name, task: this.#task, signal: this.#abort.signal })
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

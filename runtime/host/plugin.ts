import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../../core/kernel/backoff.ts'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { Task } from '../../core/tasks/task.ts'
import type { Budget } from '../../plugins/kit/define-config.ts'
import type { Manifest, ThreadApi } from '../../plugins/kit/protocol.ts'
import type { Remote } from '../../plugins/kit/rpc.ts'
import { DEFAULT_BUDGET, type WholeBudget } from './budget-watch.ts'
import { hostApi } from './host-api.ts'
import type { PluginGround, PluginUsage } from './plugin-ground.ts'
import { PluginLogs } from './plugin-logs.ts'
import { PluginThread } from './plugin-thread.ts'

export type PluginState = 'DISABLED' | 'STARTING' | 'RUNNING' | 'RESTARTING' | 'FAILED'

/** Failures within a minute after which a plugin is parked. */
const GIVE_UP_AFTER = 5

/** One plugin under supervision, across all the threads it runs in. */
export class Plugin {
  readonly name: string
  /** File URL of its module. */
  readonly module: string
  readonly budget: WholeBudget
  readonly logs: PluginLogs
  readonly #ground: PluginGround
  #options: unknown
  #state: PluginState = 'DISABLED'
  #thread: PluginThread | undefined
  #manifest: Manifest | undefined
  #known: Manifest | undefined
  #health: PluginUsage | undefined
  #lastError: string | undefined
  #lastFailedAt: Date | undefined
  #restarts = 0
  #leftOpen: readonly string[] = []
  #backoff = this.#freshBackoff()
  #wanted: AbortController | undefined
  #running: Promise<void> = Promise.resolve()
  #task: Task | undefined
  #commands: Promise<unknown> = Promise.resolve()

  /** @param known What it contributed at an earlier start of the server. */
  constructor(use: { name: string; module: string; options: unknown; budget: Budget }, ground: PluginGround, known?: Manifest) {
    this.name = use.name
    this.module = use.module
    this.budget = { ...DEFAULT_BUDGET, ...use.budget }
    this.#options = use.options
    this.#ground = ground
    this.#known = known
    this.logs = new PluginLogs(ground.log.child({ plugin: use.name }), (line) => ground.onLine(this, line))
  }

  get state(): PluginState {
    return this.#state
  }

  /** What it contributes; known since it first ran, if need be at an earlier start of the server, and kept when it fails. */
  get manifest(): Manifest | undefined {
    return this.#manifest ?? this.#known
  }

  /** Whether it has run since the server started. */
  get hasRun(): boolean {
    return this.#manifest !== undefined
  }

  /** Lets it contribute nothing until it has run. */
  forget(): void {
    this.#known = undefined
  }

  /** How its thread was at its last heartbeat, while it runs. */
  get health(): PluginUsage | undefined {
    return this.#state === 'RUNNING' ? this.#health : undefined
  }

  /** Since when it is to run. */
  get startedAt(): Date | undefined {
    return this.#task?.startedAt
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  get lastFailedAt(): Date | undefined {
    return this.#lastFailedAt
  }

  /** Times it was started again after a failure. */
  get restarts(): number {
    return this.#restarts
  }

  /** What was still open when it had stopped last, such as `TCPServerWrap`. It went with the thread. */
  get leftOpen(): readonly string[] {
    return this.#leftOpen
  }

  get options(): unknown {
    return this.#options
  }

  /** @throws {MediaError} `PLUGIN_UNAVAILABLE` unless it runs. */
  get remote(): Remote<ThreadApi> {
    if (this.#state !== 'RUNNING' || !this.#thread) throw new MediaError('PLUGIN_UNAVAILABLE', { plugin: this.name })
    return this.#thread.remote
  }

  /** Starts it, unless it is started. Resolves when it runs, or has failed for the first time. */
  enable(): Promise<void> {
    return this.#command(async () => {
      if (this.#wanted && this.#state !== 'FAILED') return
      await this.#begin()
    })
  }

  disable(): Promise<void> {
    this.#interrupt()
    return this.#command(async () => {
      await this.#end()
      this.#become('DISABLED')
      this.#task?.stopped()
      this.#task = undefined
    })
  }

  /**
   * Resolves when it runs again, or has failed to.
   *
   * @param retry Whether a start that fails is tried again; otherwise it is parked.
   */
  restart({ retry = true } = {}): Promise<void> {
    return this.#command(async () => {
      this.#task?.restarting()
      await this.#end()
      await this.#begin(retry)
    })
  }

  /**
   * Restarts it with other options, also when it had failed; one that is disabled will start with them.
   * @throws {MediaError} `PLUGIN_CONFIG_INVALID` when it runs and refuses them: then it runs on as it was.
   */
  configure(options: unknown): Promise<void> {
    return this.#command(async () => {
      if (this.#state === 'RUNNING') await this.remote.thread.check(options)
      this.#options = options
      if (this.#state === 'DISABLED') return
      await this.#end()
      await this.#begin()
    })
  }

  /** Ends it and keeps it from starting again until somebody asks for that. */
  park(cause: Error): Promise<void> {
    return this.#command(async () => {
      await this.#end()
      this.#fail(cause)
    })
  }

  /** Lets a start that nobody wants any more not be waited for. */
  #interrupt(): void {
    if (this.#state !== 'STARTING' && this.#state !== 'RESTARTING') return
    this.#wanted?.abort()
    void this.#thread?.stop()
  }

  /** One after the other, so that a restart never meets a stop half way. */
  #command(run: () => Promise<void>): Promise<void> {
    const done = this.#commands.then(run)
    this.#commands = done.catch(() => undefined)
    return done
  }

  #freshBackoff(): Backoff {
    return new Backoff({ firstMs: 100, maxMs: 10_000, giveUpAfter: GIVE_UP_AFTER, windowMs: 60_000 })
  }

  async #begin(retry = true): Promise<void> {
    this.#wanted = new AbortController()
    this.#backoff = this.#freshBackoff()
    this.#task ??= this.#ground.tasks.open({
      type: 'PLUGIN',
      name: this.name,
      owner: this.name,
      stop: () => this.disable(),
      restart: () => this.restart(),
    })
    const settled = Promise.withResolvers<void>()
    this.#running = this.#supervise(this.#wanted.signal, settled.resolve, retry)
    await settled.promise
  }

  async #end(): Promise<void> {
    this.#wanted?.abort()
    this.#wanted = undefined
    await this.#thread?.stop()
    await this.#running
  }

  /** Runs it again and again until it is no longer wanted or has failed too often. */
  async #supervise(stop: AbortSignal, settled: () => void, retry: boolean): Promise<void> {
    this.#become('STARTING')
    while (!stop.aborted) {
      const cause = await this.#runOnce(settled)
      settled()
      if (stop.aborted || !cause) return
      const isHopeless = isFinal(cause) || (!retry && this.#state === 'STARTING')
      const waitMs = isHopeless ? undefined : this.#backoff.next()
      if (waitMs === undefined) {
        this.#fail(cause)
        return
      }
      this.#restarts++
      this.#failedWith(cause)
      this.#become('RESTARTING')
      this.#task?.restarting(cause)
      this.logs.report('warn', `the plugin failed and is started again in ${waitMs} ms`, cause)
      await delay(waitMs, undefined, { signal: stop }).catch(() => undefined)
    }
  }

  /** One life of its thread. Resolves with why it ended; with nothing when it was asked to. */
  async #runOnce(settled: () => void): Promise<Error | undefined> {
    const { log, tasks, bus, apps, openCore, dataDir, databaseUrl, heartbeat } = this.#ground
    if (!this.#task) return undefined
    const core = openCore(this.name)
    const host = hostApi({ plugin: this.name, logs: this.logs, bus, apps, tasks, task: this.#task, remote: () => this.remote.tasks })
    const thread = new PluginThread({
      startup: { name: this.name, module: this.module, options: this.#options, dataDir, databaseUrl },
      budget: this.budget,
      heartbeat,
      host: host.api,
      core: core.api,
      onHealth: (health, cpuPercent) => {
        this.#health = { ...health, cpuPercent }
      },
      onExceeded: (what) => this.logs.report('warn', `the plugin exceeds its budget: ${what}`),
      log: log.child({ plugin: this.name }),
    })
    this.#thread = thread
    thread.started.then(
      (manifest) => {
        if (this.#thread !== thread) return
        const isNew = JSON.stringify(this.manifest) !== JSON.stringify(manifest)
        this.#manifest = manifest
        this.#become('RUNNING')
        this.#task?.running()
        this.#ground.onManifest(this, { isNew })
        settled()
      },
      // Told by `ended` as well.
      () => undefined,
    )
    const cause = await thread.ended
    this.#leftOpen = thread.left
    if (thread.left.length > 0) this.logs.report('warn', `the plugin did not close all it had opened: ${thread.left.join(', ')}`)
    this.#thread = undefined
    this.#health = undefined
    host.close()
    core.close()
    return cause
  }

  #fail(cause: Error): void {
    this.#failedWith(cause)
    this.#wanted = undefined
    this.#become('FAILED')
    this.#task?.failed(cause)
    this.logs.report('error', 'the plugin failed and stays stopped until it is restarted', cause)
  }

  #failedWith(cause: Error): void {
    this.#lastError = messageOf(cause)
    this.#lastFailedAt = new Date()
  }

  #become(state: PluginState): void {
    if (this.#state === state) return
    this.#state = state
    this.#ground.onState(this)
  }
}

/** What no restart would change. */
function isFinal(cause: Error): boolean {
  return cause instanceof MediaError && cause.code === 'PLUGIN_CONFIG_INVALID'
}

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Health, HostApi, Manifest, Startup, ThreadApi } from '../../plugins/kit/protocol.ts'
import { type Api, connect, expose, type Remote } from '../../plugins/kit/rpc.ts'
import { fromWire } from '../../plugins/kit/rpc-protocol.ts'
import { BudgetWatch, type WholeBudget } from './budget-watch.ts'
import { type HeartbeatLimits, watchHeartbeat } from './heartbeat.ts'

const ENTRY = fileURLToPath(new URL('../../plugins/kit/thread.mjs', import.meta.url))

/** Milliseconds that a thread has to end itself, before it is ended from outside. */
const END_GRACE_MS = 250

/** How long the last messages of a thread that is gone are waited for. */
const LAST_WORDS_MS = 500

export type ThreadOptions = {
  startup: Omit<Startup, 'hostPort' | 'corePort' | 'endPort'>
  budget: WholeBudget
  heartbeat: HeartbeatLimits
  /** What this thread may ask of the host, but for its start, and of core. */
  host: Omit<HostApi, 'lifecycle'>
  core: Api
  /** @param cpuPercent Share of one CPU, averaged over the time of its budget. */
  onHealth: (health: Health, cpuPercent: number) => void
  /** It uses more than its budget permits, and goes on. */
  onExceeded: (what: string) => void
  log: Log
}

/** One run of a plugin in a thread of its own: from its start until it ends, for whatever reason. */
export class PluginThread {
  readonly remote: Remote<ThreadApi>
  /** What the plugin said of itself. Rejected when it could not start, or not in time. */
  readonly started: Promise<Manifest>
  /** Resolves once the thread is gone: with why, or with nothing when it ended because it was asked to. */
  readonly ended: Promise<Error | undefined>
  readonly #options: ThreadOptions
  readonly #pool: Piscina
  readonly #usage: BudgetWatch
  readonly #ending: MessagePort
  #endingSince: NodeJS.Timeout | undefined
  #isStarted = false
  #stopping = false
  #cause: Error | undefined
  #left: readonly string[] = []

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#usage = new BudgetWatch(options.budget)
    const { startup, budget, log } = options
    const host = new MessageChannel()
    const core = new MessageChannel()
    const ending = new MessageChannel()
    this.#ending = ending.port1
    const started = Promise.withResolvers<Manifest>()
    const onFault = (error: unknown, call: string) => log.error({ err: error, call }, 'a call of a plugin failed')

    const lifecycle: HostApi['lifecycle'] = {
      started: started.resolve,
      refused: ({ coded, message, stack }) => {
        const error = coded ? fromWire(coded) : new Error(message)
        if (stack !== undefined) error.stack = stack
        this.#cause ??= error
        started.reject(error)
      },
    }
    expose(host.port1, { ...options.host, lifecycle }, { owner: 'host', onFault })
    expose(core.port1, options.core, { owner: 'core', onFault })
    this.remote = connect<ThreadApi>(host.port1, startup.name)
    this.started = started.promise

    this.#pool = new Piscina({
      filename: ENTRY,
      name: 'default',
      // None is kept ready: one that takes the place of a dead thread is started when the backoff says so.
      minThreads: 0,
      maxThreads: 1,
      atomics: 'disabled',
      // Flags of the server's own start, such as modules to preload, are not for plugins.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: budget.memoryMb, maxYoungGenerationSizeMb: 12 },
    })
    const ports = { hostPort: host.port2, corePort: core.port2, endPort: ending.port2 }
    const run = this.#pool.run({ ...startup, ...ports } satisfies Startup, { transferList: Object.values(ports) })

    const slow = setTimeout(() => this.end(new MediaError('TIMEOUT', { plugin: startup.name, startMs: budget.startMs })), budget.startMs)
    const portClosed = once(host.port1, 'close')
    let stopWatching = () => {}
    started.promise.then(
      () => {
        clearTimeout(slow)
        this.#isStarted = true
        const onStuck = (silentMs: number) => this.end(new MediaError('TIMEOUT', { plugin: startup.name, silentMs }))
        stopWatching = watchHeartbeat((signal) => this.#beat(signal), options.heartbeat, onStuck)
      },
      // Told by `ended` as well.
      () => undefined,
    )
    this.ended = run
      .then(
        () => (this.#stopping ? undefined : new Error('the thread ended by itself')),
        (error: Error) => error,
      )
      .then(async (error) => {
        clearTimeout(slow)
        clearTimeout(this.#endingSince)
        stopWatching()
        const cause = this.#stopping ? undefined : (this.#cause ?? error)
        started.reject(cause ?? new MediaError('PLUGIN_UNAVAILABLE', { plugin: startup.name }))
        await this.#pool.destroy()
        // What it said last is still in the port; the port closes by itself behind it.
        await Promise.race([portClosed, delay(LAST_WORDS_MS, undefined, { ref: false })])
        for (const { port1 } of [host, core, ending]) port1.close()
        return cause
      })
  }

  /** What was still open when the plugin had stopped in time. */
  get left(): readonly string[] {
    return this.#left
  }

  /** Lets the plugin close what it opened, and ends its thread when that takes longer than its budget. One that is still starting is ended at once. */
  async stop(): Promise<void> {
    this.#stopping = true
    const deadline = setTimeout(() => this.#end(), this.#isStarted ? this.#options.budget.stopMs : 0)
    // When it ends before it has answered, there is nothing left to stop.
    if (this.#isStarted) {
      this.remote.thread.stop().then(
        (left) => {
          this.#left = left
        },
        () => undefined,
      )
    }
    await this.ended
    clearTimeout(deadline)
  }

  /** Ends the thread at once. */
  end(cause: Error): void {
    this.#cause ??= cause
    this.#end()
  }

  /**
   * Lets the thread end itself between two turns; one that hangs is ended from outside. A native addon that is cut off in the middle of a
   * call, such as the database's, aborts the whole process.
   */
  #end(): void {
    if (this.#endingSince) return
    this.#ending.postMessage('end')
    this.#endingSince = setTimeout(() => void this.#pool.destroy(), END_GRACE_MS)
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const health = await this.remote.thread.health()
    if (signal.aborted) return
    const exceeded = this.#usage.add(health)
    this.#options.onHealth(health, this.#usage.cpuPercent)
    const limitBytes = this.#options.budget.memoryMb * 2 ** 20
    // V8's own limit does not count buffers.
    if (health.externalBytes > limitBytes) {
      this.end(new Error(`it holds ${Math.round(health.externalBytes / 2 ** 20)} MiB outside of its heap`))
    }
    if (exceeded === undefined) return
    if (this.#options.budget.onExceeded === 'RESTART') this.end(new Error(exceeded))
    else this.#options.onExceeded(exceeded)
  }
}

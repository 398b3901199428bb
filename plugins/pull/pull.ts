import { Backoff } from '../../core/kernel/backoff.ts'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { IngressInfo } from '../kit/core-api.ts'
import type { Host, PluginTask } from '../kit/host.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import type { PullConfig } from './config.ts'
import { kindOf, openSource } from './open-source.ts'
import { Publication } from './publication.ts'
import { PullError } from './pull-error.ts'
import type { PullSample, PullState } from './sample.ts'
import type { Source, SourceEnd, SourceListener } from './source.ts'

const FIRST_RETRY_MS = 200

export type PullOptions = {
  ingress: IngressInfo
  host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>
  config: PullConfig
  reports: SenderReports
  /** It will do nothing more by itself. */
  onIdle: () => void
}

/** One source that is pulled: connected to, published, and connected to again when it is lost. */
export class Pull {
  readonly ingress: IngressInfo
  readonly #options: PullOptions
  readonly #log: Log
  readonly #task: PluginTask
  readonly #publication: Publication
  readonly #backoff: Backoff
  #abort = new AbortController()
  #state: PullState = 'WAITING'
  #kind: 'RTSP' | 'URL' = 'URL'
  #since = new Date()
  #retries = 0
  #lastError: string | undefined
  #source: Source | undefined
  #sourceEnded: ((end: SourceEnd) => void) | undefined
  #wake = () => {}
  #closed = false

  constructor(options: PullOptions) {
    const { ingress, host, config } = options
    const { app, room, identity } = ingress
    this.ingress = ingress
    this.#options = options
    this.#log = host.log.child({ ingress: ingress.id, app, room, identity })
    this.#backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: config.retryMaxMs })
    this.#task = host.tasks.open({
      type: 'INGRESS',
      name: `pull ${room}/${identity}`,
      stop: async () => this.stop('stopped by the operator'),
      restart: async () => this.start(),
    })
    this.#publication = new Publication({
      ...options,
      task: this.#task,
      log: this.#log,
      kind: () => this.#kind,
      requestKeyframe: () => this.#source?.requestKeyframe(),
      onLive: () => this.#become('LIVE'),
      onFailed: (reason) => this.#end({ reason: 'LOST', detail: reason }),
    })
  }

  get isActive(): boolean {
    return this.#state === 'CONNECTING' || this.#state === 'LIVE' || this.#state === 'RECONNECTING'
  }

  get publication(): Publication {
    return this.#publication
  }

  get sample(): PullSample {
    const { id, app, room, identity } = this.ingress
    return {
      id,
      app,
      room,
      identity,
      kind: this.#kind,
      state: this.#state,
      since: this.#since,
      retries: this.#retries,
      lastError: this.#lastError,
      ...this.#publication.sample,
    }
  }

  /** Begins, or begins anew. */
  start(): void {
    if (this.#closed) return
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#retries = 0
    this.#backoff.reset()
    this.#become('CONNECTING')
    void this.#run(this.#abort.signal)
  }

  /** Waits for its turn, as too many are at work already. */
  wait(reason: string): void {
    this.#lastError = reason
    this.#become('WAITING')
    this.#report({ status: 'ERROR', error: reason })
  }

  /** Leaves the room and does nothing more until it is started. */
  stop(reason: string): void {
    if (!this.isActive) return
    this.#log.info({ reason }, 'pull stopped')
    this.#lastError = reason
    this.#idle('STOPPED')
    this.#report({ status: 'INACTIVE', error: reason })
  }

  /** Somebody else ended its stay in the room. */
  left(participantId: string, reason: CloseReason): void {
    if (!this.#publication.forget(participantId) || !this.isActive) return
    if (reason === 'TAKEN_OVER') this.stop('another publisher took over')
    else if (reason === 'REQUESTED') this.stop('taken out of the room')
    else this.#end({ reason: 'LOST', detail: `the room ended it: ${reason}` })
  }

  tick(): void {
    this.#publication.tick()
    const silentMs = this.#publication.silentMs
    const { stallTimeoutMs, holdMs } = this.#options.config
    if (this.#source && silentMs > stallTimeoutMs)
      this.#end({ reason: 'LOST', detail: `nothing came for ${Math.round(stallTimeoutMs / 1_000)} s` })
    if (this.#state === 'RECONNECTING' && this.#publication.awayMs > holdMs) this.#publication.close('DISCONNECTED')
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#idle('STOPPED')
    this.#task.stopped()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const end = await this.#attempt(signal)
      if (signal.aborted) return
      if (end.reason === 'COMPLETE' && !this.#options.config.loop) {
        this.#lastError = undefined
        this.#idle('COMPLETE')
        this.#report({ status: 'COMPLETE' })
        return
      }
      if (end.reason === 'COMPLETE') continue
      if (end.isFinal) {
        this.#failed(end.detail)
        return
      }
      await this.#pause(end.detail, signal)
    }
  }

  async #attempt(signal: AbortSignal): Promise<SourceEnd & { isFinal?: boolean }> {
    const { host, config, ingress } = this.#options
    const ended = Promise.withResolvers<SourceEnd>()
    this.#sourceEnded = ended.resolve
    try {
      const url = await host.core.ingresses.source(ingress.id)
      this.#kind = kindOf(url)
      this.#publication.restart(this.#kind === 'URL')
      const listener = this.#listener(ended.resolve)
      const name = `pull ${ingress.room}/${ingress.identity}`
      const source = await openSource(url, { ...host, task: this.#task, config, log: this.#log, name, listener, signal })
      this.#source = source
      signal.addEventListener('abort', () => source.close(), { once: true })
      if (signal.aborted) source.close()
      const gone = Promise.withResolvers<SourceEnd>()
      signal.addEventListener('abort', () => gone.resolve({ reason: 'LOST', detail: 'stopped' }), { once: true })
      return await Promise.race([ended.promise, gone.promise])
    } catch (error) {
      const isFinal = error instanceof PullError ? error.isFinal : error instanceof MediaError && FINAL.has(error.code)
      return { reason: 'LOST', detail: messageOf(error), isFinal }
    } finally {
      this.#source?.close()
      this.#source = undefined
    }
  }

  #listener(ended: (end: SourceEnd) => void): SourceListener {
    return {
      track: (index, format) => this.#publication.track(index, format),
      packet: (index, packet) => this.#publication.packet(index, packet),
      report: (index, rtpTime, wallClockMs) => this.#publication.report(index, rtpTime, wallClockMs),
      ended,
    }
  }

  #end(end: SourceEnd): void {
    this.#sourceEnded?.(end)
  }

  async #pause(cause: string, signal: AbortSignal): Promise<void> {
    const waitMs = this.#backoff.next() ?? this.#options.config.retryMaxMs
    this.#retries++
    this.#lastError = cause
    this.#log.warn({ cause, waitMs }, 'source lost; connecting again')
    this.#become('RECONNECTING')
    this.#task.restarting(cause)
    this.#report({ status: 'ERROR', error: cause })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      signal.addEventListener('abort', this.#wake, { once: true })
    })
  }

  #failed(cause: string): void {
    this.#log.error({ cause }, 'source can not be pulled')
    this.#lastError = cause
    this.#idle('FAILED')
    this.#task.failed(cause)
    this.#report({ status: 'ERROR', error: cause })
  }

  #idle(state: PullState): void {
    this.#abort.abort()
    this.#publication.close(state === 'COMPLETE' ? 'LEFT' : 'REQUESTED')
    this.#become(state)
    this.#options.onIdle()
  }

  #become(state: PullState): void {
    if (state === this.#state) return
    this.#state = state
    this.#since = new Date()
    if (state === 'LIVE') {
      this.#lastError = undefined
      this.#task.running()
      this.#log.info({ ...this.#publication.sample }, 'source is live')
    }
    if (state === 'CONNECTING') this.#report({ status: 'BUFFERING' })
  }

  #report(report: Parameters<Host['core']['ingresses']['report']>[1]): void {
    this.#options.host.core.ingresses.report(this.ingress.id, report).catch(() => {}) // it is gone, and so is whoever would read it
  }
}

/** Nothing changes when it is tried again. */
const FINAL = new Set(['INPUT_INVALID', 'INGRESS_NOT_FOUND', 'NOT_FOUND', 'PLUGIN_DISABLED', 'CODEC_UNSUPPORTED'])

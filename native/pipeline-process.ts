import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { MediaError } from '../core/kernel/errors.ts'
import type { Log } from '../core/kernel/log.ts'
import type { HostProcess } from './host-process.ts'
import type { Command, PipelineError, Report, Scalar } from './messages.ts'
import type { Pipeline, PipelineEnd, PipelineEvents, PipelineOptions } from './pipeline.ts'
import { type ProcessUsage, UsageMeter } from './usage.ts'

type End = { reason: PipelineEnd; detail: string | undefined }

/** The parent's side of one pipeline host. */
export class PipelineProcess implements Pipeline {
  readonly name: string
  readonly events = new EventEmitter<PipelineEvents>()
  readonly inputs: readonly Writable[]
  readonly outputs: readonly Readable[]
  readonly started: Promise<void>
  end: End | undefined

  readonly #host: HostProcess
  readonly #log: Log | undefined
  readonly #usage: UsageMeter
  readonly #starting = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #asked = new Map<number, PromiseWithResolvers<Scalar>>()
  /** Why the process is about to end, once that was decided on this side. */
  #decided: End | undefined
  #sawEos = false
  #stopping = false
  #lastId = 0

  constructor(
    host: HostProcess,
    { name, launch, inputs = 0, outputs = 0, readyWhen = 'ACCEPTING', startTimeoutMs = 5_000, log, signal }: PipelineOptions,
  ) {
    this.name = name
    this.#host = host
    this.#log = log?.child({ pipeline: name, pid: host.child.pid })
    this.#usage = new UsageMeter(this.pid)
    this.started = this.#starting.promise
    this.inputs = host.pipes.slice(0, inputs)
    this.outputs = host.pipes.slice(inputs, inputs + outputs)
    for (const unused of host.pipes.slice(inputs + outputs)) unused.destroy()

    const stop = () => void this.stop()
    const deadline = setTimeout(() => this.#kill('ERROR', `not ready after ${startTimeoutMs} ms`), startTimeoutMs)
    signal?.addEventListener('abort', stop, { once: true })
    this.started.catch(() => {}).finally(() => clearTimeout(deadline))
    this.#gone.promise.finally(() => signal?.removeEventListener('abort', stop))

    host.onReport((report) => this.#onReport(report))
    host.child.once('error', (error) => host.child.pid === undefined && this.#onExit(null, null, error.message))
    host.child.once('exit', (code, exitSignal) => this.#afterLastReport(() => this.#onExit(code, exitSignal)))
    host.send({ type: 'start', launch, readyWhen })
  }

  get pid(): number {
    return this.#host.child.pid ?? 0
  }

  forceKeyUnit(elementName: string): void {
    this.#host.send({ type: 'keyframe', element: elementName })
  }

  async set(elementName: string, property: string, value: Scalar): Promise<void> {
    await this.#ask((id) => ({ type: 'set', id, element: elementName, property, value }))
  }

  get(elementName: string, property: string): Promise<Scalar> {
    return this.#ask((id) => ({ type: 'get', id, element: elementName, property }))
  }

  sendEos(): void {
    this.#host.send({ type: 'eos' })
  }

  async stop({ eosWithinMs = 0 }: { eosWithinMs?: number } = {}): Promise<boolean> {
    this.#stopping = true
    const finishing = eosWithinMs > 0 && !this.end && this.#host.send({ type: 'eos' })
    const deadline = setTimeout(() => this.#kill('REQUESTED'), finishing ? eosWithinMs : 0)
    await this.#gone.promise
    clearTimeout(deadline)
    return this.#sawEos
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async stats(): Promise<ProcessUsage | undefined> {
    return this.end ? undefined : await this.#usage.read()
  }

  async #ask(command: (id: number) => Command): Promise<Scalar> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<Scalar>()
    this.#asked.set(id, answer)
    if (this.end || !this.#host.send(command(id))) {
      this.#asked.delete(id)
      throw pipelineFailure(this.name, 'the pipeline is gone')
    }
    return await answer.promise
  }

  #onReport(report: Report): void {
    switch (report.type) {
      case 'started':
        this.#starting.resolve()
        break
      case 'state':
        this.events.emit('stateChanged', report.state)
        break
      case 'warning':
        this.#log?.debug({ ...report.warning }, 'pipeline warning')
        this.events.emit('warning', report.warning)
        break
      case 'element':
        this.events.emit('element', report.element)
        break
      case 'eos':
        this.#onEos()
        break
      case 'error':
        this.#onError(report.error)
        break
      case 'answer':
        if (!Array.isArray(report.value)) this.#asked.get(report.id)?.resolve(report.value)
        this.#asked.delete(report.id)
        break
      case 'refusal':
        this.#asked.get(report.id)?.reject(pipelineFailure(this.name, report.reason))
        this.#asked.delete(report.id)
        break
    }
  }

  #onEos(): void {
    if (this.#decided) return
    this.#sawEos = true
    this.#kill(this.#stopping ? 'REQUESTED' : 'EOS')
    this.events.emit('eos')
  }

  #onError(error: PipelineError): void {
    if (this.#decided) return
    this.#log?.debug({ ...error }, 'pipeline error')
    // GStreamer's message is often general; the last line of its details names the address, file or field.
    const cause = error.debug.slice(error.debug.lastIndexOf('\n') + 1)
    this.#kill('ERROR', cause === '' ? error.message : `${error.message} (${cause})`)
    if (this.events.listenerCount('error') > 0) this.events.emit('error', error)
  }

  #kill(reason: PipelineEnd, detail?: string): void {
    if (this.#decided || this.end) return
    this.#decided = { reason, detail }
    this.#host.kill()
  }

  /** A process's `exit` can overtake what it reported; its channel's end can not. */
  #afterLastReport(then: () => void): void {
    if (this.#host.child.connected) this.#host.child.once('disconnect', then)
    else then()
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null, spawnError?: string): void {
    if (this.end) return
    const end = this.#decided ?? this.#unexpectedEnd(code, signal, spawnError)
    this.end = end
    for (const asked of this.#asked.values()) asked.reject(pipelineFailure(this.name, 'the pipeline is gone'))
    this.#asked.clear()
    for (const input of this.inputs) input.destroy()
    this.#starting.reject(pipelineFailure(this.name, end.detail ?? (end.reason === 'REQUESTED' ? 'stopped before it started' : end.reason)))
    this.#starting.promise.catch(() => {})
    this.#gone.resolve()
    this.#log?.debug({ reason: end.reason, detail: end.detail }, 'pipeline closed')
    this.events.emit('closed', end.reason, end.detail)
  }

  #unexpectedEnd(code: number | null, signal: NodeJS.Signals | null, spawnError?: string): { reason: PipelineEnd; detail: string } {
    const detail = spawnError ?? [signal ?? `exit code ${code}`, ...this.#host.lastWords.slice(-3)].join('; ')
    return { reason: signal === 'SIGKILL' || signal === 'SIGTERM' ? 'KILLED' : 'CRASHED', detail }
  }
}

export function pipelineFailure(pipeline: string, reason: string): MediaError {
  return new MediaError('PIPELINE_FAILED', { pipeline, reason })
}

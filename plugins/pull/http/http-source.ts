import type { LookupFunction } from 'node:net'
import type { Log } from '../../../core/kernel/log.ts'
import type { Pipeline } from '../../../native/pipeline.ts'
import type { PluginPipelines, PluginTask } from '../../kit/host.ts'
import { PAYLOADER } from '../../kit/rtp/encode.ts'
import { RtpFrames } from '../../kit/rtp/rtp-frames.ts'
import type { PullConfig } from '../config.ts'
import { PullError } from '../pull-error.ts'
import type { Source, SourceListener } from '../source.ts'
import { loaded, OUTPUTS } from './launch.ts'
import { Relay } from './relay.ts'

/** A source that has been loaded to its end is over when nothing more of it has come for so long, in milliseconds. */
const SILENCE_AT_END_MS = 1_500
const LOOK_MS = 250

export type HttpSourceOptions = {
  url: URL
  guard: (url: string) => Promise<LookupFunction>
  config: PullConfig
  listener: SourceListener
  pipelines: PluginPipelines
  task: PluginTask
  name: string
  log: Log
  signal: AbortSignal
}

/** A file or an HLS stream: a pipeline takes it apart, in real time, and loads it through the relay. */
export class HttpSource implements Source {
  readonly #pipeline: Pipeline
  readonly #relay: Relay
  readonly #listener: SourceListener
  readonly #timer: NodeJS.Timeout
  readonly #seen = new Set<number>()
  #lastPacketAt = 0
  #closed = false

  /** @throws {PullError} or {MediaError} `PIPELINE_FAILED` */
  static async open(options: HttpSourceOptions): Promise<HttpSource> {
    const { url, guard, config, log, pipelines, name, task, signal } = options
    const relay = await Relay.open({ url: url.href, guard, timeoutMs: config.connectTimeoutMs, log, signal })
    try {
      const launch = loaded(relay.url, config)
      const outputs = OUTPUTS.length
      return new HttpSource(await pipelines.start({ name, launch, outputs, task, signal }), relay, options.listener)
    } catch (error) {
      relay.close()
      throw relay.failure === undefined ? error : new PullError(relay.failure)
    }
  }

  private constructor(pipeline: Pipeline, relay: Relay, listener: SourceListener) {
    this.#pipeline = pipeline
    this.#relay = relay
    this.#listener = listener
    pipeline.outputs.forEach((output, index) => {
      const frames = new RtpFrames((packet) => this.#take(index, packet))
      output.on('data', (bytes: Buffer) => frames.push(bytes))
      output.on('error', () => {}) // its end is the pipeline's, which tells why
    })
    const ended = (reason: string, detail: string | undefined) =>
      reason === 'EOS' && this.#lastPacketAt > 0
        ? this.#ended('COMPLETE', 'played to its end')
        : this.#ended('LOST', relay.failure ?? detail ?? reason)
    if (pipeline.end) queueMicrotask(() => ended(pipeline.end?.reason ?? '', pipeline.end?.detail))
    else pipeline.events.once('closed', ended)
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  requestKeyframe(): void {
    this.#pipeline.forceKeyUnit(PAYLOADER)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#relay.close()
    void this.#pipeline.stop()
  }

  #take(index: number, packet: Buffer): void {
    const format = OUTPUTS[index]
    if (this.#closed || !format) return
    this.#lastPacketAt = performance.now()
    if (!this.#seen.has(index)) {
      this.#seen.add(index)
      this.#listener.track(index, format)
    }
    this.#listener.packet(index, packet)
  }

  /** A pipeline says that it is at its end when all outputs are, and some have nothing to end. */
  #look(): void {
    if (!this.#relay.isDone || this.#lastPacketAt === 0) return
    if (performance.now() - this.#lastPacketAt > SILENCE_AT_END_MS) this.#ended('COMPLETE', 'played to its end')
  }

  #ended(reason: 'COMPLETE' | 'LOST', detail: string): void {
    if (this.#closed) return
    this.close()
    this.#listener.ended({ reason, detail })
  }
}

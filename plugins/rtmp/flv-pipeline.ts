import type { Pipeline, PipelineEnd } from '../../native/pipeline.ts'
import type { PluginPipelines, PluginTask } from '../kit/host.ts'
import { PAYLOADER } from '../kit/rtp/encode.ts'
import { RtpFrames } from '../kit/rtp/rtp-frames.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import { flvHeader, type MediaMessage, writeFlvTag } from './protocol/flv.ts'

const RTP_HEADER_BYTES = 12

export type FlvPipelineOptions = {
  pipelines: PluginPipelines
  name: string
  launch: string
  /** What comes out is sent on as this stream. */
  stream: RtpStream
  task: PluginTask
  signal: AbortSignal
}

/** A running pipeline that takes FLV and makes RTP, on the session's own time. */
export class FlvPipeline {
  readonly #pipeline: Pipeline
  readonly #stream: RtpStream
  /** The pipeline counts from its first frame; that is where this one stands in the session. */
  #originMs: number | undefined

  /** @throws {MediaError} `PIPELINE_FAILED` */
  static async start({ pipelines, name, launch, stream, task, signal }: FlvPipelineOptions): Promise<FlvPipeline> {
    return new FlvPipeline(await pipelines.start({ name, launch, inputs: 1, outputs: 1, task, signal }), stream)
  }

  private constructor(pipeline: Pipeline, stream: RtpStream) {
    this.#pipeline = pipeline
    this.#stream = stream
    const frames = new RtpFrames((packet) => this.#forward(packet))
    pipeline.outputs[0]?.on('data', (bytes: Buffer) => frames.push(bytes))
    pipeline.outputs[0]?.on('error', () => {}) // its end is the pipeline's, which tells why
    pipeline.inputs[0]?.write(flvHeader())
  }

  /** Bytes that it was given and has not taken yet. */
  get queuedBytes(): number {
    return this.#pipeline.inputs[0]?.writableLength ?? 0
  }

  /** Sequence headers: they tell how to read what follows, and have no time of their own. */
  writeHeader(message: MediaMessage): void {
    this.#write(message)
  }

  /** @param compositionTimeMs Later than its own time, it is shown. */
  write(message: MediaMessage, compositionTimeMs = 0): void {
    this.#originMs ??= message.timestampMs + compositionTimeMs
    this.#write(message)
  }

  onDrain(drained: () => void): void {
    this.#pipeline.inputs[0]?.once('drain', drained)
  }

  forceKeyframe(): void {
    this.#pipeline.forceKeyUnit(PAYLOADER)
  }

  /** `gone` is called once; at once when the pipeline has ended already. */
  onClosed(gone: (reason: PipelineEnd, detail: string | undefined) => void): void {
    const { end } = this.#pipeline
    if (end) gone(end.reason, end.detail)
    else this.#pipeline.events.once('closed', gone)
  }

  async stop(): Promise<void> {
    await this.#pipeline.stop()
  }

  #write(message: MediaMessage): void {
    const input = this.#pipeline.inputs[0]
    if (input?.writable) writeFlvTag(input, message)
  }

  #forward(packet: Buffer): void {
    if (packet.length <= RTP_HEADER_BYTES || this.#originMs === undefined) return
    const sinceOriginMs = (packet.readUInt32BE(4) * 1_000) / this.#stream.sender.clockRate
    const marker = (packet[1]! & 0x80) !== 0
    this.#stream.send([packet.subarray(RTP_HEADER_BYTES)], this.#originMs + sinceOriginMs, marker)
  }
}

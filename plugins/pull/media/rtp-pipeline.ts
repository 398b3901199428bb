import type { Pipeline, PipelineEnd } from '../../../native/pipeline.ts'
import type { PluginPipelines, PluginTask } from '../../kit/host.ts'
import type { BridgePipeline } from '../../kit/rtp/bridge.ts'
import { PAYLOADER } from '../../kit/rtp/encode.ts'
import { framedPacket } from '../../kit/rtp/framed-packet.ts'
import { RtpFrames } from '../../kit/rtp/rtp-frames.ts'
import type { RtpStream } from '../../kit/rtp/rtp-sender.ts'
import { INPUT_PAYLOAD_TYPE } from './launch.ts'

const HEADER_BYTES = 12
/** Input that it has not taken; beyond, what comes is dropped until it has caught up. */
const MAX_QUEUED_BYTES = 8 << 20

export type RtpPipelineOptions = {
  pipelines: PluginPipelines
  name: string
  launch: string
  clockRate: number
  /** What comes out is sent on as this stream. */
  stream: RtpStream
  task: PluginTask
  signal: AbortSignal
}

/** A running pipeline that takes RTP of one kind and makes RTP of another, on the session's own time. */
export class RtpPipeline implements BridgePipeline {
  readonly #pipeline: Pipeline
  readonly #stream: RtpStream
  readonly #clockRate: number
  /** The pipeline counts from its first packet; that is where this one stands in the session. */
  #originMs: number | undefined
  #sequence = 0
  /** Packets that it had no room for. */
  dropped = 0

  /** @throws {MediaError} `PIPELINE_FAILED` */
  static async start({ pipelines, name, launch, clockRate, stream, task, signal }: RtpPipelineOptions): Promise<RtpPipeline> {
    const pipeline = await pipelines.start({ name, launch, inputs: 1, outputs: 1, task, signal })
    return new RtpPipeline(pipeline, stream, clockRate)
  }

  private constructor(pipeline: Pipeline, stream: RtpStream, clockRate: number) {
    this.#pipeline = pipeline
    this.#stream = stream
    this.#clockRate = clockRate
    const frames = new RtpFrames((packet) => this.#forward(packet))
    pipeline.outputs[0]?.on('data', (bytes: Buffer) => frames.push(bytes))
    pipeline.outputs[0]?.on('error', () => {}) // its end is the pipeline's, which tells why
  }

  write(payload: readonly Buffer[], sessionMs: number, marker: boolean): void {
    const input = this.#pipeline.inputs[0]
    if (!input?.writable || input.writableLength > MAX_QUEUED_BYTES) {
      this.dropped++
      return
    }
    this.#originMs ??= sessionMs
    // The pipeline takes it for a wrap of the clock.
    if (sessionMs < this.#originMs) return
    const rtpTime = Math.round(((sessionMs - this.#originMs) * this.#clockRate) / 1_000)
    input.cork()
    for (const part of framedPacket({ payloadType: INPUT_PAYLOAD_TYPE, sequence: this.#sequence++, rtpTime, marker, payload }))
      input.write(part)
    process.nextTick(() => input.uncork())
  }

  forceKeyframe(): void {
    this.#pipeline.forceKeyUnit(PAYLOADER)
  }

  onClosed(gone: (reason: PipelineEnd, detail: string | undefined) => void): void {
    const { end } = this.#pipeline
    if (end) gone(end.reason, end.detail)
    else this.#pipeline.events.once('closed', gone)
  }

  async stop(): Promise<void> {
    await this.#pipeline.stop()
  }

  #forward(packet: Buffer): void {
    if (packet.length <= HEADER_BYTES || this.#originMs === undefined) return
    const sinceOriginMs = (packet.readUInt32BE(4) * 1_000) / this.#stream.sender.clockRate
    this.#stream.send([packet.subarray(HEADER_BYTES)], this.#originMs + sinceOriginMs, (packet[1]! & 0x80) !== 0)
  }
}

import type { Pipeline, PipelineEnd } from '../../native/pipeline.ts'
import type { PluginPipelines, PluginTask } from '../kit/host.ts'
import { RtpFrames } from '../kit/rtp/rtp-frames.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import { gdpBufferHeader, gdpCaps } from './gdp.ts'
import { PAYLOADER } from './launch.ts'

const RTP_HEADER_BYTES = 12

type Options = { pipelines: PluginPipelines; name: string; launch: string; stream: RtpStream; task: PluginTask; signal: AbortSignal }
type Picture = { readonly jpeg: Buffer; readonly atMs: number }

/** A running pipeline that takes JPEGs and makes RTP, on the session's own time. */
export class JpegPipeline {
  readonly #pipeline: Pipeline
  readonly #stream: RtpStream
  /** The pipeline counts from its first picture; that is where this one stands in the session. */
  #originMs: number | undefined
  #lastMs = 0
  #waiting: Picture | undefined

  /** @throws {MediaError} `PIPELINE_FAILED` */
  static async start({ stream, ...options }: Options): Promise<JpegPipeline> {
    return new JpegPipeline(await options.pipelines.start({ ...options, inputs: 1, outputs: 1 }), stream)
  }

  private constructor(pipeline: Pipeline, stream: RtpStream) {
    this.#pipeline = pipeline
    this.#stream = stream
    const packets = new RtpFrames((packet) => this.#forward(packet))
    pipeline.outputs[0]?.on('data', (bytes: Buffer) => packets.push(bytes))
    pipeline.outputs[0]?.on('error', () => {}) // its end is the pipeline's, which tells why
    pipeline.inputs[0]?.write(gdpCaps('image/jpeg'), this.#written)
  }

  /** While the pipeline has not taken a picture only the newest of the others waits. @param atMs Session time. */
  write(picture: Picture): void {
    const input = this.#pipeline.inputs[0]
    if (!input?.writable) return
    if (input.writableLength > 0) {
      this.#waiting = picture
      return
    }
    this.#originMs ??= picture.atMs
    // Time goes forward, also for a picture that is shown again.
    this.#lastMs = Math.max(this.#lastMs + 1, picture.atMs - this.#originMs)
    input.cork()
    input.write(gdpBufferHeader(picture.jpeg.length, this.#lastMs))
    input.write(picture.jpeg, this.#written)
    input.uncork()
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

  readonly #written = () => {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) this.write(waiting)
  }

  #forward(packet: Buffer): void {
    if (packet.length <= RTP_HEADER_BYTES || this.#originMs === undefined) return
    const sinceOriginMs = (packet.readUInt32BE(4) * 1_000) / this.#stream.sender.clockRate
    const marker = (packet[1]! & 0x80) !== 0
    this.#stream.send([packet.subarray(RTP_HEADER_BYTES)], this.#originMs + sinceOriginMs, marker)
  }
}

import { KeptPipeline, type KeptPipelineOptions } from '../../kit/kept-pipeline.ts'
import { packFrame } from '../../kit/rtp/h264-payload.ts'
import { pressedTogether } from '../../kit/rtp/replay.ts'
import { MAX_PAYLOAD_BYTES, type RtpStream } from '../../kit/rtp/rtp-sender.ts'
import type { TrackFormat } from '../source.ts'
import type { H264Frame } from './h264-frames.ts'
import { toH264 } from './launch.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { RtpPipeline } from './rtp-pipeline.ts'

/** Between what is replayed and the present frame, in milliseconds: B-frames that still come are shown in between. */
export const MARGIN_MS = 500

export type TranscodingOptions = Pick<KeptPipelineOptions<RtpPipeline>, 'pipelines' | 'tasks' | 'parent' | 'log' | 'name'> & {
  format: TrackFormat
  stream: RtpStream
  framesPerSecond: number
  bitrateBps: number
  /** What a pipeline in the middle of a GOP has to begin with. */
  gop: () => { frames: readonly H264Frame[]; sets: readonly Buffer[] }
  onFailed: (reason: string) => void
}

/** Decodes whatever a source sends and encodes it as H.264 without B-frames; a keyframe is there whenever a viewer wants one. */
export class Transcoding {
  readonly #options: TranscodingOptions
  readonly #pipeline: KeptPipeline<RtpPipeline>

  constructor(options: TranscodingOptions) {
    this.#options = options
    const { format, stream, framesPerSecond, bitrateBps, name } = options
    const launch = toH264(format, framesPerSecond, { preset: 'superfast', bitrateBps })
    const { clockRate } = format
    this.#pipeline = new KeptPipeline<RtpPipeline>({
      ...options,
      name: `${name} video`,
      start: (running) => RtpPipeline.start({ ...running, launch, clockRate, stream }),
      onUp: () => this.#catchUp(),
      onGaveUp: options.onFailed,
    })
  }

  packet({ payload, marker }: RtpPacket, sessionMs: number): void {
    this.#pipeline.current?.write([payload], sessionMs, marker)
  }

  frame(frame: H264Frame, sets: readonly Buffer[]): void {
    this.#write(frame, sets)
  }

  forceKeyframe(): void {
    this.#pipeline.current?.forceKeyframe()
  }

  close(): void {
    this.#pipeline.close()
  }

  #catchUp(): void {
    const { frames, sets } = this.#options.gop()
    for (const frame of pressedTogether(frames, MARGIN_MS)) this.#write(frame, sets)
  }

  #write(frame: H264Frame, sets: readonly Buffer[]): void {
    const pipeline = this.#pipeline.current
    if (!pipeline) return
    packFrame(frame.units, sets, MAX_PAYLOAD_BYTES, (payload, last) => pipeline.write(payload, frame.sessionMs, last))
  }
}

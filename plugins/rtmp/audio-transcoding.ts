import { KeptPipeline, type KeptPipelineOptions } from '../kit/kept-pipeline.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import type { AudioPath } from './audio-path.ts'
import { FlvPipeline } from './flv-pipeline.ts'
import type { MediaMessage } from './protocol/flv.ts'

/** Seconds of sound; beyond, what comes next is dropped until the pipeline has caught up. */
const MAX_QUEUED_BYTES = 256 << 10

export type AudioTranscodingOptions = Omit<KeptPipelineOptions<FlvPipeline>, 'start' | 'onUp'> & {
  launch: string
  stream: RtpStream
  onDropped: () => void
}

/** Makes Opus of what the encoder sends. */
export class AudioTranscoding implements AudioPath {
  readonly #pipeline: KeptPipeline<FlvPipeline>
  readonly #onDropped: () => void
  #header: MediaMessage | undefined

  constructor(options: AudioTranscodingOptions) {
    this.#onDropped = options.onDropped
    const { launch, stream } = options
    this.#pipeline = new KeptPipeline<FlvPipeline>({
      ...options,
      start: (running) => FlvPipeline.start({ ...running, launch, stream }),
      onUp: (pipeline) => this.#header && pipeline.writeHeader(this.#header),
    })
  }

  configure(message: MediaMessage): void {
    this.#header = message
    this.#pipeline.current?.writeHeader(message)
  }

  frame(message: MediaMessage): void {
    const pipeline = this.#pipeline.current
    if (!pipeline) return
    if (pipeline.queuedBytes > MAX_QUEUED_BYTES) this.#onDropped()
    else pipeline.write(message)
  }

  close(): void {
    this.#pipeline.close()
  }
}

import type { AudioPath } from './audio-path.ts'
import { KeptPipeline, type KeptPipelineOptions } from './kept-pipeline.ts'
import type { MediaMessage } from './protocol/flv.ts'

/** Seconds of sound; beyond, what comes next is dropped until the pipeline has caught up. */
const MAX_QUEUED_BYTES = 256 << 10

export type AudioTranscodingOptions = Omit<KeptPipelineOptions, 'onUp'> & { onDropped: () => void }

/** Makes Opus of what the encoder sends. */
export class AudioTranscoding implements AudioPath {
  readonly #pipeline: KeptPipeline
  readonly #onDropped: () => void
  #header: MediaMessage | undefined

  constructor(options: AudioTranscodingOptions) {
    this.#onDropped = options.onDropped
    const onUp: KeptPipelineOptions['onUp'] = (pipeline) => this.#header && pipeline.writeHeader(this.#header)
    this.#pipeline = new KeptPipeline({ ...options, onUp })
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

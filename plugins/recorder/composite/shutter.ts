import type { Pipeline } from '../../../native/pipeline.ts'

/** @see ITU-T T.81 section B.1.1.3: EOI */
const END_OF_IMAGE = 0xffd9
const PICTURE_MS = 2_000
/** Bytes of one picture beyond which nobody waits for its end. */
const MOST_BYTES = 16 << 20

/** Takes single pictures out of a pipeline, whose first output has JPEGs for as long as a valve is open. */
export class Shutter {
  readonly #pipeline: Pipeline
  readonly #valve: string
  #chunks: Buffer[] | undefined
  #taken: (jpeg: Buffer | undefined) => void = () => {}
  #last: Promise<Buffer | undefined> | undefined

  constructor(pipeline: Pipeline, valve: string) {
    this.#pipeline = pipeline
    this.#valve = valve
    pipeline.outputs[0]?.on('data', (chunk: Buffer) => this.#collect(chunk))
  }

  /** The next picture; undefined when none comes. Those who ask at once get the same. */
  release(): Promise<Buffer | undefined> {
    this.#last ??= this.#take().finally(() => {
      this.#last = undefined
    })
    return this.#last
  }

  async #take(): Promise<Buffer | undefined> {
    const taken = new Promise<Buffer | undefined>((resolve) => {
      this.#taken = resolve
    })
    const deadline = setTimeout(() => this.#taken(undefined), PICTURE_MS)
    try {
      this.#chunks = []
      await this.#pipeline.set(this.#valve, 'drop', false)
      return await taken
    } catch {
      return undefined // The pipeline has just gone.
    } finally {
      clearTimeout(deadline)
      this.#chunks = undefined
      await this.#pipeline.set(this.#valve, 'drop', true).catch(() => {})
    }
  }

  /** What comes after a picture is of the moment that the valve took to close. */
  #collect(chunk: Buffer): void {
    if (!this.#chunks) return
    const startsPicture = chunk.length > 1 && chunk.readUInt16BE(0) === START_OF_IMAGE
    if (this.#chunks.length === 0 && !startsPicture) return
    this.#chunks.push(chunk)
    const jpeg = Buffer.concat(this.#chunks)
    if (jpeg.length > MOST_BYTES) this.#taken(undefined)
    else if (jpeg.readUInt16BE(jpeg.length - 2) === END_OF_IMAGE) this.#taken(jpeg)
  }
}

const START_OF_IMAGE = 0xffd8

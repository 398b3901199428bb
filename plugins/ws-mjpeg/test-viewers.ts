/** Reads a multipart answer, picture by picture. */
export class MultipartReader implements AsyncDisposable {
  readonly response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #abort: AbortController
  #rest: Buffer = Buffer.alloc(0)

  static async open(url: string): Promise<MultipartReader> {
    const abort = new AbortController()
    return new MultipartReader(await fetch(url, { signal: abort.signal }), abort)
  }

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#reader = response.body!.getReader()
    this.#abort = abort
  }

  /** Undefined when there are no more. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const headEnd = this.#rest.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(this.#rest.toString('latin1', 0, Math.max(0, headEnd)))?.[1])
      const end = headEnd + 4 + length
      if (headEnd >= 0 && this.#rest.length >= end + 2) {
        const picture = this.#rest.subarray(headEnd + 4, end)
        this.#rest = this.#rest.subarray(end + 2)
        return picture
      }
      const { value, done } = await this.#reader.read().catch(() => ({ value: undefined, done: true }))
      if (done || !value) return undefined
      this.#rest = Buffer.concat([this.#rest, value])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
  }
}

import { MediaError } from '../../core/kernel/errors.ts'
import type { OperationResult } from '../../plugins/kit/protocol.ts'

/** One event of a plugin's subscription, or why there are no more. */
export type RemoteEvent = { result: OperationResult; failure?: undefined } | { result?: undefined; failure: Error }

/**
 * The events of a plugin's subscription. When the plugin fails, one last event says so: an iterator that throws would take
 * down everything else on the subscriber's connection.
 */
export class RemoteEvents implements AsyncIterableIterator<RemoteEvent> {
  readonly #results: AsyncIterableIterator<OperationResult>
  #ended = false

  constructor(results: AsyncIterableIterator<OperationResult>) {
    this.#results = results
  }

  async next(): Promise<IteratorResult<RemoteEvent>> {
    if (this.#ended) return { value: undefined, done: true }
    try {
      const { value, done } = await this.#results.next()
      if (done) return { value: undefined, done: true }
      return { value: { result: value }, done: false }
    } catch (error) {
      this.#ended = true
      // A subscriber who has gone hears nothing.
      if (!(error instanceof MediaError)) return { value: undefined, done: true }
      return { value: { failure: error }, done: false }
    }
  }

  async return(): Promise<IteratorResult<RemoteEvent>> {
    this.#ended = true
    await this.#results.return?.()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

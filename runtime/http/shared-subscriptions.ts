import { type ExecutionResult, GraphQLError } from 'graphql'
import { Feed } from '../../core/kernel/feed.ts'
import { onTheWire } from './graphql-errors.ts'

/** One result, turned into bytes once however many read it. */
export class SharedMessage {
  readonly result: ExecutionResult
  #json: Buffer | undefined

  constructor(result: ExecutionResult) {
    this.result = result
  }

  get json(): Buffer {
    const { errors } = this.result
    this.#json ??= Buffer.from(JSON.stringify(errors ? { ...this.result, errors: errors.map(onTheWire) } : this.result))
    return this.#json
  }
}

/** Somebody who watches a shared subscription. Neither method may throw or block. */
export type Subscriber = {
  next(message: SharedMessage): void
  /** The source has ended. Not called for one who left. */
  end(): void
}

export type Results = AsyncIterable<ExecutionResult>
export type Start = () => Promise<Results | ExecutionResult>

/** A place in a running execution, or the one answer of a subscription that could not begin. */
export type Joined = { leave(): void } | { refused: ExecutionResult }

/**
 * Runs subscriptions that several callers ask for in the same words with the same rights only once.
 *
 * Sound only for subscriptions each of whose messages is the **complete present state**: whoever joins later begins with
 * the latest message, and whoever is slow may skip to it. The schema marks their fields with the extension
 * `sharing: 'STATE'`. What such a field answers may depend on the caller's rights, but not on who the caller is.
 */
export class SharedSubscriptions {
  readonly #running = new Map<string, Execution>()

  /** Executions that are running, for metrics and tests. */
  get size(): number {
    return this.#running.size
  }

  /** Joins the execution of this key; the first to ask starts it and the last to leave ends it. */
  async join(key: string, start: Start, subscriber: Subscriber): Promise<Joined> {
    let execution = this.#running.get(key)
    if (!execution) {
      const started = new Execution(start, () => {
        if (this.#running.get(key) === started) this.#running.delete(key)
      })
      execution = started
      this.#running.set(key, execution)
    }
    return execution.join(subscriber)
  }

  /** The same for readers with `for await`: one who is slow skips to the latest result. */
  async iterate(key: string, start: Start): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    let joined: Joined | undefined
    const feed = new Feed<ExecutionResult>({
      limit: 1,
      keyOf: () => 'present state',
      onEnd: () => {
        if (joined && 'leave' in joined) joined.leave()
      },
    })
    joined = await this.join(key, start, { next: ({ result }) => feed.push(result), end: () => feed.end() })
    return 'refused' in joined ? joined.refused : feed
  }
}

class Execution {
  readonly #subscribers = new Set<Subscriber>()
  readonly #onOver: () => void
  readonly #begun: Promise<ExecutionResult | undefined>
  #source: AsyncIterator<ExecutionResult> | undefined
  #latest: SharedMessage | undefined
  #over = false

  constructor(start: Start, onOver: () => void) {
    this.#onOver = onOver
    this.#begun = this.#begin(start)
  }

  async join(subscriber: Subscriber): Promise<Joined> {
    this.#subscribers.add(subscriber)
    if (this.#latest) subscriber.next(this.#latest)
    const refused = await this.#begun
    return refused ? { refused } : { leave: () => this.#leave(subscriber) }
  }

  async #begin(start: Start): Promise<ExecutionResult | undefined> {
    try {
      const results = await start()
      if (!(Symbol.asyncIterator in results)) {
        this.#finish()
        return results
      }
      this.#source = results[Symbol.asyncIterator]()
    } catch (error) {
      this.#finish()
      throw error
    }
    void this.#run(this.#source)
    return undefined
  }

  async #run(source: AsyncIterator<ExecutionResult>): Promise<void> {
    try {
      for (let step = await source.next(); !step.done && !this.#over; step = await source.next())
        this.#publish(new SharedMessage(step.value))
    } catch (error) {
      // What the source throws has passed the mask and the log already.
      this.#publish(new SharedMessage({ errors: [error instanceof GraphQLError ? error : new GraphQLError('The subscription failed.')] }))
    }
    const left = [...this.#subscribers]
    this.#finish()
    for (const subscriber of left) subscriber.end()
  }

  #publish(message: SharedMessage): void {
    this.#latest = message
    for (const subscriber of this.#subscribers) subscriber.next(message)
  }

  #leave(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber) || this.#subscribers.size > 0 || this.#over) return
    this.#finish()
    void Promise.resolve(this.#source?.return?.()).catch(() => {})
  }

  #finish(): void {
    this.#over = true
    this.#subscribers.clear()
    this.#onOver()
  }
}

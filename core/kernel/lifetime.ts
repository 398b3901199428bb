import type { Log } from './log.ts'

type Close = () => unknown

/**
 * Closes what was opened, in reverse order, by name. Whoever opens something adds it here in the next line,
 * so that nothing is without an owner.
 */
export class Lifetime implements AsyncDisposable {
  readonly #opened: { name: string; close: Close }[] = []
  readonly #abort = new AbortController()
  readonly #log: Log | undefined
  #closing: Promise<void> | undefined

  constructor(log?: Log) {
    this.#log = log
  }

  /** Aborts as soon as closing begins. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Remembers how to close something. When closing has begun already it is closed at once. */
  add(name: string, close: Close): void {
    if (this.#closing) void this.#closeOne(name, close)
    else this.#opened.push({ name, close })
  }

  /** Opens another lifetime that ends, at the latest, with this one. */
  child(name: string): Lifetime {
    const child = new Lifetime(this.#log)
    const entry = { name, close: () => child.close() }
    this.#opened.push(entry)
    child.add('parent entry', () => {
      const index = this.#opened.indexOf(entry)
      if (index >= 0) this.#opened.splice(index, 1)
    })
    return child
  }

  /** Closes everything, last opened first; one failure stops nobody else. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #closeAll(): Promise<void> {
    this.#abort.abort()
    for (let entry = this.#opened.pop(); entry; entry = this.#opened.pop()) await this.#closeOne(entry.name, entry.close)
  }

  async #closeOne(name: string, close: Close): Promise<void> {
    try {
      await close()
    } catch (error) {
      this.#log?.warn({ err: error, resource: name }, 'closing failed')
    }
  }
}

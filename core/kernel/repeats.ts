export type RepeatsOptions = {
  /** Milliseconds in which it is told once. */
  windowMs: number
  /** Things that are known apart at the same time; the one whose window began first is forgotten first. */
  limit: number
  /** Told at the end of a window how often it was there again. */
  again: (thing: string, times: number) => void
}

/** Lets what anybody can make happen a thousand times a second be told once and then counted. */
export class Repeats implements Disposable {
  readonly #options: RepeatsOptions
  readonly #windows = new Map<string, { times: number; timer: NodeJS.Timeout }>()

  constructor(options: RepeatsOptions) {
    this.#options = options
  }

  /** Whether it is to be told now. */
  isNew(thing: string): boolean {
    const window = this.#windows.get(thing)
    if (window) window.times++
    else this.#open(thing)
    return window === undefined
  }

  /** Tells what was only counted so far. */
  [Symbol.dispose](): void {
    for (const thing of [...this.#windows.keys()]) this.#close(thing)
  }

  #open(thing: string): void {
    const [oldest] = this.#windows.keys()
    if (oldest !== undefined && this.#windows.size >= this.#options.limit) this.#close(oldest)
    const timer = setTimeout(() => {
      // It goes on, so that what never ends is told once per window.
      if (this.#close(thing)) this.#open(thing)
    }, this.#options.windowMs).unref()
    this.#windows.set(thing, { times: 0, timer })
  }

  /** @returns Whether there was anything to tell. */
  #close(thing: string): boolean {
    const window = this.#windows.get(thing)
    this.#windows.delete(thing)
    clearTimeout(window?.timer)
    if (!window?.times) return false
    this.#options.again(thing, window.times)
    return true
  }
}

/** Milliseconds that a peer whose transports have all died may take to come back, by an ICE restart or a new transport. */
const GRACE_MS = 10_000
/** Milliseconds that a peer without any connection may stay quiet: nothing else tells it from one who left. */
const QUIET_MS = 60_000

export type Connectivity = 'CONNECTED' | 'LOST' | 'NONE'

/** Notices that a peer has vanished: from its transports, its subscriptions and its requests. */
export class Presence {
  readonly #connectivity: () => Connectivity
  readonly #onVanished: () => void
  #ended = false
  #watchers = 0
  #waitMs: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(connectivity: () => Connectivity, onVanished: () => void) {
    this.#connectivity = connectivity
    this.#onVanished = onVanished
    this.check()
  }

  /** Somebody follows the peer's own events. @returns What to call when it no longer does. */
  watched(): () => void {
    this.#watchers++
    this.check()
    return () => {
      this.#watchers--
      this.check()
    }
  }

  /** The peer asked for something. */
  heard(): void {
    if (this.#waitMs === QUIET_MS) this.#wait(QUIET_MS)
  }

  /** Called whenever a transport connects, is lost, comes or goes. */
  check(): void {
    const waitMs = this.#patience()
    if (waitMs !== this.#waitMs) this.#wait(waitMs)
  }

  /** The peer has left: nothing is waited for any more. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #wait(waitMs: number | undefined): void {
    clearTimeout(this.#timer)
    this.#waitMs = waitMs
    if (waitMs !== undefined && !this.#ended) this.#timer = setTimeout(this.#onVanished, waitMs).unref()
  }

  #patience(): number | undefined {
    const connectivity = this.#connectivity()
    if (connectivity === 'LOST') return GRACE_MS
    return connectivity === 'CONNECTED' || this.#watchers > 0 ? undefined : QUIET_MS
  }
}

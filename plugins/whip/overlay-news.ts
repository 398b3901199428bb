import type { Host } from '../kit/host.ts'
import type { WhipConfig } from './config.ts'
import type { EventStream } from './event-stream.ts'

/** Tells the event streams of one room what is to be shown over the picture. */
export class OverlayNews {
  readonly #room: string
  readonly #host: Pick<Host<WhipConfig>, 'core' | 'log'>
  /** Each stream, and what it was told last, as JSON. */
  readonly #told = new Map<EventStream, string>()

  constructor(room: string, host: Pick<Host<WhipConfig>, 'core' | 'log'>) {
    this.#room = room
    this.#host = host
  }

  /** That there is nothing to show is no news to who just came. */
  add(stream: EventStream): void {
    this.#told.set(stream, '[]')
    this.look()
  }

  remove(stream: EventStream): void {
    this.#told.delete(stream)
  }

  look(): void {
    if (this.#told.size === 0) return
    this.#host.core.player.overlays(this.#room).then(
      (overlays) => {
        const now = JSON.stringify(overlays)
        for (const [stream, told] of this.#told) {
          if (told === now) continue
          this.#told.set(stream, now)
          stream.tell('overlays', overlays)
        }
      },
      (error: unknown) => this.#host.log.warn({ err: error, room: this.#room }, 'players could not be told their overlays'),
    )
  }
}

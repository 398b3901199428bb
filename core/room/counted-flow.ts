import type { Track } from './track.ts'
import type { ViewerFlow } from './viewer.ts'

/** What flows to a viewer past core: whoever sends it says how much that is. */
export class CountedFlow implements ViewerFlow {
  readonly plays: ReadonlyMap<string, Track> = new Map()
  #bytesSent = 0

  /** @param bytes All so far. */
  sent(bytes: number): void {
    this.#bytesSent = bytes
  }

  async bytesSent(): Promise<number> {
    return this.#bytesSent
  }

  async preferLayers(): Promise<void> {}

  close(): void {}
}

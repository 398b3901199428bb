import type { Camera } from './camera.ts'
import type { Frame } from './frame.ts'

/** Somebody who is sent a room's pictures. */
export interface PictureViewer {
  /** Leaves out what it has no room for: one frame waits at most. */
  send(frame: Frame): void
}

/**
 * What a room shows: the newest of its cameras that sends, and to whom. The last picture stays while anybody is there, a camera or a
 * viewer.
 */
export class RoomPictures {
  readonly #viewers = new Set<PictureViewer>()
  /** In the order of their first pictures: the last one is shown. */
  readonly #cameras: Camera[] = []
  #still: Frame | undefined

  get isEmpty(): boolean {
    return this.#cameras.length === 0 && this.#viewers.size === 0
  }

  get viewers(): number {
    return this.#viewers.size
  }

  /** The camera that is shown; undefined when none sends. */
  get shown(): Camera | undefined {
    return this.#cameras.at(-1)
  }

  /** @param identity Of one camera; absent: what the room shows. */
  latest(identity?: string): Frame | undefined {
    return identity === undefined ? this.#still : this.#cameras.find((camera) => camera.identity === identity)?.latest
  }

  take(camera: Camera, frame: Frame): void {
    if (!this.#cameras.includes(camera)) this.#cameras.push(camera)
    if (camera === this.#cameras[this.#cameras.length - 1]) this.#show(frame)
  }

  remove(camera: Camera): void {
    const at = this.#cameras.indexOf(camera)
    if (at < 0) return
    const wasShown = camera === this.shown
    this.#cameras.splice(at, 1)
    const next = this.shown?.latest
    if (wasShown && next) this.#show(next)
  }

  /** The last picture goes to it at once. */
  add(viewer: PictureViewer): void {
    this.#viewers.add(viewer)
    if (this.#still) viewer.send(this.#still)
  }

  delete(viewer: PictureViewer): void {
    this.#viewers.delete(viewer)
  }

  #show(frame: Frame): void {
    this.#still = frame
    for (const viewer of this.#viewers) viewer.send(frame)
  }
}

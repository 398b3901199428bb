import type { CloseReason } from '../../core/room/close-reason.ts'
import type { Camera } from './camera.ts'
import type { Refusal } from './refusal.ts'

/** Every camera that is connected. */
export class Cameras implements Iterable<Camera> {
  readonly #byKey = new Map<string, Camera>()
  readonly #byParticipant = new Map<string, Camera>()

  add(camera: Camera): void {
    this.#byKey.set(camera.key.id, camera)
    this.#byParticipant.set(camera.participantId, camera)
  }

  remove(camera: Camera): void {
    if (this.#byKey.get(camera.key.id) === camera) this.#byKey.delete(camera.key.id)
    this.#byParticipant.delete(camera.participantId)
  }

  ofKey(id: string): Camera | undefined {
    return this.#byKey.get(id)
  }

  of(participantId: string): Camera | undefined {
    return this.#byParticipant.get(participantId)
  }

  inApp(app: string): Camera[] {
    return [...this].filter(({ key }) => key.app === app)
  }

  inRoom(room: string): Camera[] {
    return [...this].filter(({ key }) => key.room === room)
  }

  closeApp(app: string, refusal: Refusal, reason: CloseReason): void {
    for (const camera of this.inApp(app)) camera.close(refusal, reason)
  }

  [Symbol.iterator](): Iterator<Camera> {
    return this.#byKey.values()
  }
}

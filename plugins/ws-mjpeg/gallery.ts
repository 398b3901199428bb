import { RoomPictures } from './room-pictures.ts'

/** What every room shows, by its full name: those that have a camera or a viewer. */
export class Gallery {
  readonly #rooms = new Map<string, RoomPictures>()

  find(room: string): RoomPictures | undefined {
    return this.#rooms.get(room)
  }

  open(room: string): RoomPictures {
    let pictures = this.#rooms.get(room)
    if (!pictures) {
      pictures = new RoomPictures()
      this.#rooms.set(room, pictures)
    }
    return pictures
  }

  /** Forgets a room in which nobody is any more. */
  settle(room: string): void {
    if (this.#rooms.get(room)?.isEmpty) this.#rooms.delete(room)
  }
}

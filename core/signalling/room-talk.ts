import { AttemptLimit } from '../access/attempt-limit.ts'
import { allows, type Caller } from '../access/caller.ts'
import type { App } from '../app/app.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Rooms } from '../room/rooms.ts'
import type { RoomData } from './room-data.ts'
import type { RoomMessage } from './room-message.ts'

type Place = { readonly app: App /** Full name. */; readonly room: string }

/** What one person may say within the window. */
const LIMIT = { limit: 10, windowMs: 10_000 }
const LONGEST_NAME = 120

/** What people in the audience say in a room, without publishing anything there. */
export class RoomTalk {
  readonly #rooms: Rooms
  readonly #data: RoomData
  readonly #said = new AttemptLimit(LIMIT)

  constructor({ rooms, data }: { rooms: Rooms; data: RoomData }) {
    this.#rooms = rooms
    this.#data = data
  }

  /** Whether a caller may say something there: by its join token, or because it may write to every stream. */
  may(caller: Caller, { app, room }: Place): boolean {
    if (allows(caller, 'stream:write', { tenant: app.tenant, app: app.name, room })) return true
    return caller.joining?.canPublishData === true && caller.app === app.name && caller.room === room
  }

  /**
   * Says something in an open room, as whom the caller's join token names. Exactly one of `message` and `reaction`.
   *
   * @throws {MediaError} `FORBIDDEN`, `FEATURE_DISABLED`, `ROOM_NOT_FOUND`, `INPUT_INVALID`, or `RATE_LIMITED` beyond 10 in 10 s.
   */
  say(caller: Caller, place: Place, { message, reaction }: { message?: string; reaction?: string }): Promise<RoomMessage> {
    const { app, room } = place
    if (!this.may(caller, place)) throw new MediaError('FORBIDDEN', { grant: 'canPublishData', app: app.name, room })
    this.#rooms.get(room)
    const text = (message ?? reaction ?? '').trim()
    if ((message === undefined) === (reaction === undefined) || text === '') {
      throw new MediaError('INPUT_INVALID', { field: 'message', reason: 'either a message or a reaction, and not empty' })
    }
    this.#said.take(caller.id)
    const { identity = 'server', name = identity } = caller.joining ?? {}
    const words = message === undefined ? { topic: 'reaction', reaction: text } : { topic: 'chat', message: text }
    return this.#data.send({ app, room, stream: `${room}/${identity}` }, { ...words, from: name.slice(0, LONGEST_NAME) })
  }
}

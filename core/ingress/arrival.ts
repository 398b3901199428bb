import type { Caller } from '../access/caller.ts'

/** Somebody at the door: what an encoder said when it asked to publish. */
export type Arrival = {
  protocol: string
  app: string
  /** A stream key, or where the app permits open publishing the room's full or app-local name. */
  key: string
  /** Where somebody names a room beside the key: the key has to lead there. */
  room?: string
  identity?: string
  /** What some stream keys need beside them. */
  password?: string
  /** Refused while anybody else publishes in the room, under whatever identity. */
  exclusive?: boolean
  caller: Caller
}

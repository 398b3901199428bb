import { newId } from '../kernel/ids.ts'
import type { Participant } from '../room/participant.ts'

export type IngressState = 'IDLE' | 'LIVE'

export type IngressOptions = {
  id?: string
  /** The way in, as its plugin says: `RTMP`, `WHIP`, … */
  protocol: string
  app: string
  /** Full name of the room it leads to. */
  room: string
  identity: string
  /** The last four characters of its stream key; absent when it was made on the spot by open publishing. */
  keyHint?: string
  createdAt?: Date
}

/** A way in for one publisher: configured with a stream key, or made on the spot where open publishing is permitted. */
export class Ingress {
  readonly id: string
  readonly protocol: string
  readonly app: string
  readonly room: string
  readonly identity: string
  readonly keyHint: string | undefined
  readonly createdAt: Date
  participant: Participant | undefined
  lastError: string | undefined

  constructor(options: IngressOptions) {
    this.id = options.id ?? newId('IN')
    this.protocol = options.protocol
    this.app = options.app
    this.room = options.room
    this.identity = options.identity
    this.keyHint = options.keyHint
    this.createdAt = options.createdAt ?? new Date()
  }

  get configured(): boolean {
    return this.keyHint !== undefined
  }

  get state(): IngressState {
    return this.participant === undefined ? 'IDLE' : 'LIVE'
  }
}

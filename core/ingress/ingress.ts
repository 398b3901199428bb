import { newId } from '../kernel/ids.ts'
import type { Participant } from '../room/participant.ts'

export type IngressState = 'IDLE' | 'LIVE'

/** How an ingress is doing. Between two publishers it is what its plugin said last; see `Ingresses.report`. */
export type IngressStatus = 'INACTIVE' | 'BUFFERING' | 'PUBLISHING' | 'ERROR' | 'COMPLETE'

/** What a plugin says of an ingress that it opens by itself. */
export type IngressReport = { status: Exclude<IngressStatus, 'PUBLISHING'>; error?: string }

export type IngressOptions = {
  id?: string
  /** The way in, as its plugin says: `RTMP`, `WHIP`, … */
  protocol: string
  app: string
  /** Full name of the room it leads to. */
  room: string
  identity: string
  /** The publisher's display name. */
  name?: string | null
  /** The last four characters of its stream key; absent when it was made on the spot by open publishing. */
  keyHint?: string
  /** Its stream key, sealed; absent in those that are older than this. */
  sealedKey?: string | null
  /** The source that is pulled, sealed. */
  sealedUrl?: string | null
  /** scrypt of the password that has to come with the stream key. */
  passwordHash?: string | null
  /** Whether the password was shown once, and need not come with each push. */
  authorized?: boolean
  transcode?: boolean
  createdAt?: Date
}

/** A way in for one publisher: configured with a stream key, or made on the spot where open publishing is permitted. */
export class Ingress {
  readonly id: string
  readonly protocol: string
  readonly app: string
  readonly room: string
  readonly identity: string
  readonly name: string | undefined
  readonly keyHint: string | undefined
  readonly sealedKey: string | undefined
  readonly sealedUrl: string | undefined
  readonly passwordHash: string | undefined
  /** Whether renditions of what comes in are made. */
  readonly transcode: boolean
  readonly createdAt: Date
  authorized: boolean
  participant: Participant | undefined
  /** What its plugin said while nobody published through it. */
  reported: IngressReport | undefined

  constructor(options: IngressOptions) {
    this.id = options.id ?? newId('IN')
    this.protocol = options.protocol
    this.app = options.app
    this.room = options.room
    this.identity = options.identity
    this.name = options.name ?? undefined
    this.keyHint = options.keyHint
    this.sealedKey = options.sealedKey ?? undefined
    this.sealedUrl = options.sealedUrl ?? undefined
    this.passwordHash = options.passwordHash ?? undefined
    this.authorized = options.authorized ?? false
    this.transcode = options.transcode ?? false
    this.createdAt = options.createdAt ?? new Date()
  }

  get configured(): boolean {
    return this.keyHint !== undefined
  }

  get requiresPassword(): boolean {
    return this.passwordHash !== undefined
  }

  get state(): IngressState {
    return this.participant === undefined ? 'IDLE' : 'LIVE'
  }

  get status(): IngressStatus {
    if (!this.participant) return this.reported?.status ?? 'INACTIVE'
    const { tracks, publishing } = this.participant
    const comes = tracks.size === 0 ? publishing : [...tracks.values()].some(({ hasMedia }) => hasMedia)
    return comes ? 'PUBLISHING' : 'BUFFERING'
  }

  get lastError(): string | undefined {
    return this.participant ? undefined : this.reported?.error
  }

  get startedAt(): Date | undefined {
    return this.participant?.joinedAt
  }

  /** Size of the picture that comes in, where its plugin knows it. */
  get picture(): { widthPx: number; heightPx: number } | undefined {
    for (const { info } of this.participant?.tracks.values() ?? []) {
      const { widthPx, heightPx } = info
      if (widthPx !== undefined && heightPx !== undefined) return { widthPx, heightPx }
    }
    return undefined
  }

  /** What comes in at the moment; nothing while nobody publishes. */
  async bitrateBps(): Promise<number | undefined> {
    if (!this.participant) return undefined
    const stats = await Promise.all([...this.participant.tracks.values()].map((track) => track.stats()))
    return stats.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0)
  }
}

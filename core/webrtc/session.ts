import type { types } from 'mediasoup'
import { newId } from '../kernel/ids.ts'
import { type IceFragment, writeFragment } from '../media/sdp/fragment.ts'
import type { CloseReason } from '../room/close-reason.ts'

export type SessionKind = 'PUBLISH' | 'PLAY'

/** Whoever the session carries media for: a publishing participant or a viewer. */
export type SessionOwner = { readonly id: string; end(reason: CloseReason): void }

/** One WHIP or WHEP session: the transport that an offer and an answer set up, addressed by an unguessable id. */
export class WebRtcSession {
  readonly id = newId('SE')
  readonly kind: SessionKind
  readonly transport: types.WebRtcTransport
  /** Full name of the room and its app, for whoever guards the session. */
  readonly room: string
  readonly app: string
  readonly #leader: { mid: string; kind: types.MediaKind }
  readonly #owner: SessionOwner
  #remoteUfrag: string

  constructor(options: {
    kind: SessionKind
    transport: types.WebRtcTransport
    room: string
    app: string
    leader: { mid: string; kind: types.MediaKind }
    remoteUfrag: string
    owner: SessionOwner
  }) {
    this.kind = options.kind
    this.transport = options.transport
    this.room = options.room
    this.app = options.app
    this.#leader = options.leader
    this.#remoteUfrag = options.remoteUfrag
    this.#owner = options.owner
  }

  /** Id of the publishing participant or the viewer. */
  get ownerId(): string {
    return this.#owner.id
  }

  /** Names the ICE session, as an entity tag does: a restart changes it. */
  get iceTag(): string {
    return this.transport.iceParameters.usernameFragment
  }

  /** Whether a fragment asks for an ICE restart rather than bringing candidates for the session as it is. */
  asksForRestart({ iceUfrag }: IceFragment): boolean {
    return iceUfrag !== undefined && iceUfrag !== this.#remoteUfrag
  }

  /** @returns Our half of the restart, as an `application/trickle-ice-sdpfrag`. */
  async restartIce({ iceUfrag }: IceFragment): Promise<string> {
    await this.transport.restartIce()
    if (iceUfrag !== undefined) this.#remoteUfrag = iceUfrag
    return writeFragment(this.transport, this.#leader)
  }

  close(reason: CloseReason): void {
    this.#owner.end(reason)
  }
}

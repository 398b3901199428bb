import type { types } from 'mediasoup'
import type { Access } from '../access/access.ts'
import type { Caller } from '../access/caller.ts'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import type { Arrival } from '../ingress/arrival.ts'
import type { Ingress } from '../ingress/ingress.ts'
import type { Ingresses } from '../ingress/ingresses.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { type Offer, parseOffer } from '../media/sdp/offer.ts'
import { planPlay } from '../media/sdp/play.ts'
import { planPublish } from '../media/sdp/publish.ts'
import { createWebRtcTransport, KEYFRAME_REQUEST_DELAY_MS, whenLost } from '../media/webrtc-transport.ts'
import type { Participant } from '../room/participant.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Viewer } from '../room/viewer.ts'
import { Playback } from './playback.ts'
import { WebRtcSession } from './session.ts'

type SessionsDependencies = { apps: Apps; rooms: Rooms; ingresses: Ingresses; access: Access; events: CoreEvents; log: Log }

export type PublishRequest = Arrival & { offer: string }
export type PlayRequest = {
  app: string
  /** The room's full or app-local name. */
  room: string
  caller: Caller
  offer: string
  /** The way the viewer came: `WHEP`, … */
  kind: string
  userAgent?: string
}

export type Published = { session: WebRtcSession; answer: string; participant: Participant; ingress: Ingress }
export type Playing = { session: WebRtcSession; answer: string; viewer: Viewer }

/** WebRTC sessions set up by one offer and one answer, as WHIP and WHEP do. */
export class WebRtcSessions {
  readonly #of: SessionsDependencies
  readonly #sessions = new Map<string, WebRtcSession>()

  constructor(dependencies: SessionsDependencies) {
    this.#of = dependencies
  }

  list(): WebRtcSession[] {
    return [...this.#sessions.values()]
  }

  /** @throws {MediaError} `SESSION_NOT_FOUND` */
  get(id: string): WebRtcSession {
    const session = this.#sessions.get(id)
    if (!session) throw new MediaError('SESSION_NOT_FOUND', { id })
    return session
  }

  /**
   * Lets a publisher in and answers its offer.
   *
   * @throws {MediaError} `SDP_INVALID`, `SDP_REFUSED`, and whatever `Ingresses.accept` refuses with.
   */
  async publish(request: PublishRequest): Promise<Published> {
    // Nobody is taken over, and no room is opened, for an offer that can't be read.
    this.#of.ingresses.check(request)
    const offer = parseOffer(request.offer)
    requireOfferable(offer, request.caller)
    const { ingress, participant } = await this.#of.ingresses.accept(request)
    let transport: types.WebRtcTransport | undefined
    try {
      const { media } = participant.room
      const plan = planPublish(offer, media.main.rtpCapabilities)
      transport = await createWebRtcTransport(media.main, media.worker)
      const answer = plan.answer(transport)
      await transport.connect({ dtlsParameters: plan.dtlsParameters })
      for (const { kind, rtpParameters } of plan.sections) {
        const producer = await transport.produce({ kind, rtpParameters, keyFrameRequestDelay: KEYFRAME_REQUEST_DELAY_MS })
        const codec = rtpParameters.codecs[0]?.mimeType.split('/')[1] ?? 'unknown'
        participant.publish({ kind, codec, producer })
      }

      const opened = transport
      const session = this.#open({
        kind: 'PUBLISH',
        transport,
        room: participant.room.name,
        app: participant.room.app.name,
        leader: leaderOf(plan.sections),
        remoteUfrag: offer.ice.ufrag,
        owner: { id: participant.id, end: (reason) => participant.leave(reason) },
      })
      participant.events.once('left', () => opened.close())
      return { session, answer, participant, ingress }
    } catch (error) {
      // A refused publisher leaves no room behind either: an empty one that nobody keeps closes by itself.
      transport?.close()
      participant.leave('REFUSED')
      throw error
    }
  }

  /**
   * Admits a viewer and answers its offer with what the room has.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `UNAUTHENTICATED`, `FORBIDDEN`, `NOTHING_LIVE`, `VIEWER_LIMIT`,
   *   `SDP_INVALID`, `SDP_REFUSED` or `MEDIA_UNAVAILABLE`.
   */
  async play(request: PlayRequest): Promise<Playing> {
    const { app, name } = this.#of.apps.roomName(request.app, request.room)
    this.#of.access.require(request.caller, 'PLAY', { app, room: name })
    const room = this.#of.rooms.find(name)
    if (!room) throw new MediaError('NOTHING_LIVE', { room: name })
    room.requirePlace()
    if (room.publishers.length === 0) throw new MediaError('NOTHING_LIVE', { room: name })

    const { kind, userAgent, caller } = request
    const { remoteAddress, trace, joining } = caller
    const viewer = room.admit({
      kind,
      hidden: joining?.hidden === true && !joining.audience,
      ...(userAgent !== undefined && { userAgent }),
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(trace !== undefined && { trace }),
    })
    try {
      const offer = parseOffer(request.offer)
      const plan = planPlay(offer)
      const router = await room.media.routerFor(plan.layout)
      const transport = await createWebRtcTransport(router.router, router.worker)
      const { sections } = plan
      const playable = sections.filter(({ kind }) => joining?.plays?.includes(kind) !== false)
      const playback = new Playback({ room, router, transport, sections: playable, log: this.#of.log })
      viewer.flowsThrough(playback)
      await Promise.all([transport.connect({ dtlsParameters: plan.dtlsParameters }), playback.feed()])
      const answer = plan.answer(transport, playback.sending)
      const session = this.#open({
        kind: 'PLAY',
        transport,
        room: name,
        app: app.name,
        leader: leaderOf(sections),
        remoteUfrag: offer.ice.ufrag,
        owner: { id: viewer.id, end: (reason) => viewer.close(reason) },
      })
      return { session, answer, viewer }
    } catch (error) {
      viewer.close('REFUSED')
      throw error
    }
  }

  #open(options: ConstructorParameters<typeof WebRtcSession>[0]): WebRtcSession {
    const session = new WebRtcSession(options)
    this.#sessions.set(session.id, session)
    whenLost(options.transport, (reason) => {
      this.#sessions.delete(session.id)
      session.close(reason)
    })
    this.#of.events.emit('session.opened', session)
    return session
  }
}

/** @throws {MediaError} `FORBIDDEN` when the offer would send what the caller's join token does not let it publish. */
function requireOfferable({ sections }: Offer, { joining }: Caller): void {
  for (const { kind, direction, rejected } of sections) {
    if (rejected || (kind !== 'audio' && kind !== 'video') || direction === 'recvonly' || direction === 'inactive') continue
    if (joining?.publishes?.includes(kind) === false) {
      throw new MediaError('FORBIDDEN', { kind, reason: `the token lets publish ${joining.publishes.join(' and ') || 'nothing'} only` })
    }
  }
}

function leaderOf(sections: readonly { mid: string; kind: types.MediaKind }[]): { mid: string; kind: types.MediaKind } {
  const [first] = sections
  if (!first) throw new MediaError('SDP_REFUSED', { reason: 'no media section that can be served' })
  return { mid: first.mid, kind: first.kind }
}

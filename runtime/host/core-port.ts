import { randomUUID } from 'node:crypto'
import type { Core } from '../../core/core.ts'
import type { CoreEventMap } from '../../core/events/events.ts'
import type { Admitted } from '../../core/ingress/ingresses.ts'
import { RtpIngest } from '../../core/ingress/rtp-ingest.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import { RtpTap, trackFormat } from '../../core/media/rtp-tap.ts'
import { parseFragment } from '../../core/media/sdp/fragment.ts'
import { trackLayers } from '../../core/media/track-layers.ts'
import { CountedFlow } from '../../core/room/counted-flow.ts'
import { checkIdentity } from '../../core/room/identity.ts'
import type { Participant } from '../../core/room/participant.ts'
import type { Room } from '../../core/room/room.ts'
import type { Viewer, ViewerOptions } from '../../core/room/viewer.ts'
import type { Admission, CoreApi, CoreTopics, IceServer } from '../../plugins/kit/core-api.ts'
import { appInfo, ingressInfo, participantInfo, roomInfo, sessionInfo, trackData, viewerInfo } from './core-data.ts'

/** Whose questions are answered: the plugin's name, and whether an app uses it. */
export type Asker = { readonly plugin: string; readonly isUsedBy: (app: string) => boolean }

/** Answers one plugin's questions from core. What the plugin brought in, or taps, ends with `close`. */
export class CorePort {
  readonly api: CoreApi
  readonly #taps = new Map<string, RtpTap>()
  readonly #participants = new Set<string>()
  readonly #viewers = new Map<string, CountedFlow>()
  readonly #wants = new Map<string, () => void>()
  readonly #forget: () => void

  constructor(core: Core, iceServers: readonly IceServer[], log: Log, asker: Asker) {
    const { access, apps, rooms, demand, ingresses, sessions, overlays, quotas } = core
    this.#forget = () => overlays.clear(asker.plugin)
    const requireUse = (app: string) => {
      if (!asker.isUsedBy(app)) throw new MediaError('PLUGIN_DISABLED', { plugin: asker.plugin, app })
    }
    this.api = {
      access: {
        identify: (secret, remoteAddress) => access.identify(secret, remoteAddress),
        require: (caller, grant, appName, room, kind) => {
          const { app, name } = apps.roomName(appName, room)
          access.require(caller, grant, { app, room: name, ...(kind !== undefined && { kind }) })
        },
      },
      apps: { list: () => apps.list().map(appInfo), get: (name) => appInfo(apps.get(name)), s3: (name) => apps.get(name).s3() },
      rooms: {
        list: () => rooms.list().map(roomInfo),
        find: (name) => {
          const room = rooms.find(name)
          return room && roomInfo(room)
        },
        fullName: (app, room) => apps.roomName(app, room).name,
      },
      ingresses: {
        accept: async (arrival) => {
          requireUse(ingresses.appOf(arrival))
          return this.#admission(await ingresses.accept(arrival))
        },
        roomFor: (arrival) => {
          requireUse(ingresses.appOf(arrival))
          return ingresses.roomFor(arrival)
        },
        list: ({ protocol } = {}) =>
          ingresses
            .list()
            .filter((ingress) => protocol === undefined || ingress.protocol === protocol)
            .map(ingressInfo),
        admit: async (id, kind) => {
          requireUse(ingresses.get(id).app)
          return this.#admission(await ingresses.admit(id, kind))
        },
        source: (id) => {
          const url = ingresses.url(ingresses.get(id))
          if (url === undefined) throw new MediaError('NOT_FOUND', { id, reason: 'it pulls nothing' })
          return url
        },
        report: (id, report) => ingresses.report(id, report),
      },
      participants: {
        join: async ({ app, room, ...newcomer }) => {
          requireUse(app)
          checkIdentity(newcomer.identity)
          const open = await rooms.open(apps.roomName(app, room).name)
          const participant = open.join(newcomer)
          this.#answersFor(participant)
          return participantInfo(participant)
        },
        report: (id, stats) => core.streams.report(id, stats),
        leave: (id, reason) => {
          for (const room of rooms.list()) room.participants.get(id)?.leave(reason)
        },
        tracksWanted: (id) => demand.isWanted(rooms.participant(id)),
        wantTracks: (id) => {
          const want = randomUUID()
          this.#wants.set(want, demand.ask(rooms.participant(id)))
          return want
        },
        picture: (id, delivery) => void core.events.emit('participant.pictureWanted', rooms.participant(id), delivery),
        unwantTracks: (want) => {
          this.#wants.get(want)?.()
          this.#wants.delete(want)
        },
      },
      streams: {
        find: async (app, id) => {
          const { name, room, identity, live } = await core.streams.get(apps.get(app), id)
          return { name, room, identity, live }
        },
      },
      tracks: {
        publishRtp: (participantId, options) => RtpIngest.open(rooms.participant(participantId), options, log),
        describe: (id, info) => rooms.track(id).describe(info),
        unpublish: (id, reason) => rooms.track(id).close(reason),
        tap: async (id, options) => {
          const tap = await RtpTap.open(rooms.track(id), options)
          this.#taps.set(tap.id, tap)
          tap.onClosed(() => this.#taps.delete(tap.id))
          return tap.target
        },
        resumeTap: (id) => this.#tap(id).resume(),
        requestKeyframe: (id) => this.#tap(id).requestKeyframe(),
        format: (id) => trackFormat(rooms.track(id)),
        untap: (id) => this.#taps.get(id)?.close(),
        replay: (id, delivery) => {
          const track = rooms.track(id)
          if (!track.replayable) throw new MediaError('CONFLICT', { track: id, reason: 'its publisher keeps nothing to replay' })
          core.events.emit('track.replayWanted', track, delivery)
        },
        layers: (id) => trackLayers(rooms.track(id)),
      },
      viewers: {
        admit: ({ app, room, ...newcomer }) => {
          requireUse(app)
          return viewerInfo(this.#admit(rooms.get(apps.roomName(app, room).name), newcomer))
        },
        sent: (bytes) => {
          for (const [id, sent] of Object.entries(bytes)) this.#viewers.get(id)?.sent(sent)
        },
        close: (id, reason) => {
          for (const room of rooms.list()) room.viewers.get(id)?.close(reason)
        },
        plays: (id) => [...rooms.viewer(id).plays].map(([mid, track]) => ({ mid, track: trackData(track) })),
        preferLayers: (id, layers) => rooms.viewer(id).preferLayers(layers),
      },
      sessions: {
        publish: async (request) => {
          requireUse(ingresses.appOf(request))
          const { session, answer } = await sessions.publish(request)
          return { ...sessionInfo(session), answer }
        },
        play: async (request) => {
          requireUse(request.app)
          const { session, answer } = await sessions.play(request)
          return { ...sessionInfo(session), answer }
        },
        get: (id) => sessionInfo(sessions.get(id)),
        patch: async (id, text, tags) => {
          const session = sessions.get(id)
          if (tags && !tags.includes(session.iceTag)) throw new MediaError('SESSION_CHANGED', { tag: session.iceTag })
          const fragment = parseFragment(text)
          if (!session.asksForRestart(fragment)) return { tag: session.iceTag }
          const restarted = await session.restartIce(fragment)
          return { restarted, tag: session.iceTag }
        },
        close: (id, reason) => sessions.get(id).close(reason),
      },
      player: {
        show: (app, shown) => overlays.show(asker.plugin, apps.get(app), shown),
        overlays: (room) => overlays.in(apps.owning(room), room),
      },
      quotas: {
        require: (metric, app, caller) => quotas.require(metric, { tenant: apps.get(app).tenant, ...(caller && { caller }) }),
        use: (metric, app, amount) => quotas.use(apps.get(app).tenant, metric, amount),
      },
      server: { iceServers: () => [...iceServers] },
      outbound: {
        check: async (url, check) => [...(await core.outbound.check(url, check))],
        screen: (url, check) => core.outbound.screen(url, check),
      },
    }
  }

  /** Ends what can't go on without the plugin: its encoders' connections died with it. */
  close(): void {
    this.#forget()
    for (const tap of this.#taps.values()) tap.close()
    for (const unwant of this.#wants.values()) unwant()
    for (const id of [...this.#viewers.keys()]) this.api.viewers.close(id, 'PLUGIN_STOPPED')
    for (const id of [...this.#participants]) this.api.participants.leave(id, 'PLUGIN_STOPPED')
  }

  #admission({ ingress, participant }: Admitted): Admission {
    this.#answersFor(participant)
    const { id: participantId, room, identity } = participant
    return { ingressId: ingress.id, participantId, room: room.name, app: room.app.name, identity, settings: room.app.settings }
  }

  #answersFor(participant: Participant): void {
    this.#participants.add(participant.id)
    participant.events.once('left', () => this.#participants.delete(participant.id))
  }

  #admit(room: Room, newcomer: ViewerOptions): Viewer {
    const viewer = room.admit({ ...newcomer, takesTracks: false })
    const flow = new CountedFlow()
    viewer.flowsThrough(flow)
    this.#viewers.set(viewer.id, flow)
    viewer.events.once('left', () => this.#viewers.delete(viewer.id))
    return viewer
  }

  #tap(id: string): RtpTap {
    const tap = this.#taps.get(id)
    if (!tap) throw new MediaError('NOT_FOUND', { tap: id })
    return tap
  }
}

type Told = { [Topic in keyof CoreTopics & keyof CoreEventMap]: (...args: CoreEventMap[Topic]) => CoreTopics[Topic] }

/** How each of core's events is told to plugins. */
export const told: Told = {
  'participant.joined': (participant) => ({ participant: participantInfo(participant) }),
  'participant.tracksWanted': ({ id: participantId }, wanted) => ({ participantId, wanted }),
  'participant.left': (participant, reason) => ({ participant: participantInfo(participant), reason }),
  'track.published': (track) => ({ track: trackData(track) }),
  'track.unpublished': (track, reason) => ({ track: trackData(track), reason }),
  'track.remade': (track) => ({ track: trackData(track) }),
  'track.keyframeWanted': ({ id, participant }, ssrc) => ({ trackId: id, participantId: participant.id, ssrc }),
  'track.replayWanted': ({ id, participant }, delivery) => ({ trackId: id, participantId: participant.id, delivery }),
  'participant.pictureWanted': ({ id: participantId }, delivery) => ({ participantId, delivery }),
  'track.bridgeViewers': ({ id, participant }, count) => ({ trackId: id, participantId: participant.id, count }),
  'room.opened': (room) => ({ room: roomInfo(room) }),
  'room.closed': (room, reason) => ({ room: roomInfo(room), reason }),
  'viewer.joined': (viewer) => ({ viewer: viewerInfo(viewer) }),
  'viewer.left': (viewer, reason) => ({ viewer: viewerInfo(viewer), reason }),
  'player.overlays': (app) => ({ app: appInfo(app) }),
  'app.changed': (app, change) => ({ app: appInfo(app), change }),
  'ingress.changed': (ingress, change) => ({ ingress: ingressInfo(ingress), change }),
}

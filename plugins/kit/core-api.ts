import type { Caller, Grant } from '../../core/access/caller.ts'
import type { Metric, MonthlyMetric } from '../../core/access/quotas.ts'
import type { S3Access } from '../../core/app/s3.ts'
import type { Change, Delivery } from '../../core/events/events.ts'
import type { IngressReport } from '../../core/ingress/ingress.ts'
import type { RtpIngestOptions, RtpTarget } from '../../core/ingress/rtp-ingest.ts'
import type { OutboundCheck } from '../../core/kernel/outbound.ts'
import type { RtpTapTarget, TapOptions } from '../../core/media/rtp-tap.ts'
import type { TrackLayer } from '../../core/media/track-layers.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { TrackInfo } from '../../core/room/track.ts'
import type { PreferredLayers } from '../../core/room/viewer.ts'
import type {
  Admission,
  AppInfo,
  Arrival,
  IceServer,
  IngressInfo,
  NewParticipant,
  NewViewer,
  Overlay,
  ParticipantInfo,
  RoomInfo,
  SessionInfo,
  ShownOverlay,
  TrackData,
  TrackFormat,
  ViewerInfo,
} from './core-data.ts'

export type * from './core-data.ts'

/** What a plugin may ask of core. Every call may fail with a `MediaError`; the codes are those of the core services. */
export type CoreApi = {
  access: {
    /** @param secret Absent: the anonymous caller. @throws `UNAUTHENTICATED` when it is wrong. */
    identify(secret: string | undefined, remoteAddress?: string): Caller
    /**
     * @param kind Of what is to be played, where it is one kind alone: a join token may let hear and not see.
     * @throws `UNAUTHENTICATED`, `FORBIDDEN`, `APP_NOT_FOUND` or `ROOM_NAME_INVALID`.
     */
    require(caller: Caller, grant: Grant, app: string, room: string, kind?: 'audio' | 'video'): void
  }
  apps: {
    list(): AppInfo[]
    get(name: string): AppInfo
    /** An app's bucket with its credentials; undefined while it has none. Connect through `outbound`. @throws `APP_NOT_FOUND` */
    s3(name: string): S3Access | undefined
  }
  rooms: {
    list(): RoomInfo[]
    /** By full name. */
    find(name: string): RoomInfo | undefined
    /** The full name of a room that is named by its full or app-local name. */
    fullName(app: string, room: string): string
  }
  ingresses: {
    /** Lets a publisher in by its stream key, or by a room's name where that is permitted. It leaves by `participants.leave`. */
    accept(arrival: Arrival): Promise<Admission>
    /**
     * The full name of the room that an arrival may publish in, whether somebody does so already or not.
     *
     * @throws `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED` or `FORBIDDEN`.
     */
    roomFor(arrival: Arrival): string
    /** The ways in, of one protocol or of all. `ingress.changed` tells of those that come, change and go. */
    list(filter?: { protocol?: string }): IngressInfo[]
    /**
     * Lets the publisher of a configured ingress in that the plugin itself brings. It leaves by `participants.leave`.
     *
     * @param kind What the participant is called, where that is not the ingress's protocol.
     * @throws `INGRESS_NOT_FOUND`, `PLUGIN_DISABLED`, `IDENTITY_TAKEN` or `MEDIA_UNAVAILABLE`.
     */
    admit(id: string, kind?: string): Promise<Admission>
    /** What is to be pulled: a secret, as it may carry a password. @throws `INGRESS_NOT_FOUND`, or `NOT_FOUND` when it pulls nothing. */
    source(id: string): string
    /** Says how an ingress is doing while nobody publishes through it. @throws `INGRESS_NOT_FOUND` */
    report(id: string, report: IngressReport): void
  }
  participants: {
    /**
     * Lets a participant in that the plugin answers for: whether it may come is the plugin's to know. It leaves by `leave`, or with the
     * plugin; `participant.left` tells of every other end.
     *
     * @throws `PLUGIN_DISABLED`, `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `INPUT_INVALID`, `IDENTITY_TAKEN` or `MEDIA_UNAVAILABLE`.
     */
    join(participant: NewParticipant): Promise<ParticipantInfo>
    /**
     * What a participant that publishes says about itself: plain JSON, which replaces what it said before.
     *
     * @throws `PARTICIPANT_NOT_FOUND` when it publishes nothing, or `INPUT_INVALID` for more than 8 KiB.
     */
    report(id: string, stats: Readonly<Record<string, unknown>>): void
    /** Does nothing when it has left already. */
    leave(id: string, reason: CloseReason): void
    /** Whether anybody wants tracks of one who makes them on demand; `participant.tracksWanted` tells of changes. */
    tracksWanted(id: string): boolean
    /**
     * Asks one who makes tracks on demand for them, until `unwantTracks` or the plugin's end.
     *
     * @returns What to call `unwantTracks` with.
     * @throws `PARTICIPANT_NOT_FOUND`
     */
    wantTracks(id: string): string
    unwantTracks(want: string): void
    /**
     * Asks one who makes tracks on demand for its last picture, as JPEG. It is delivered at once, or never.
     *
     * @throws `PARTICIPANT_NOT_FOUND`
     */
    picture(id: string, delivery: Delivery): void
  }
  streams: {
    /** A stream, live or ended, by its name or its number. @throws `APP_NOT_FOUND` or `STREAM_NOT_FOUND` */
    find(app: string, id: string): Promise<{ name: string; room: string; identity: string; live: boolean }>
  }
  tracks: {
    /** Opens a track that a pipeline sends as plain RTP to the answered ports. */
    publishRtp(participantId: string, options: RtpIngestOptions): Promise<RtpTarget>
    describe(id: string, info: TrackInfo): void
    /** Ends when the participant leaves, at the latest. */
    unpublish(id: string, reason: CloseReason): void
    /** What its packets are. @throws `TRACK_NOT_FOUND` */
    format(id: string): TrackFormat
    /** Sends a copy of the track as plain RTP to the given ports, until `untap`. Starts paused when asked to. */
    tap(id: string, options: TapOptions): Promise<RtpTapTarget>
    resumeTap(tapId: string): Promise<void>
    /** Asks the sender of what a tap copies for a keyframe. */
    requestKeyframe(tapId: string): Promise<void>
    untap(tapId: string): void
    /**
     * Asks the publisher of a `replayable` track for what leads to its present picture: RTP as `application/x-rtp-stream`, its last
     * picture a second after all others. It is delivered at once, or never.
     *
     * @throws `TRACK_NOT_FOUND`, or `CONFLICT` when the track is not replayable.
     */
    replay(id: string, delivery: Delivery): void
    /** The qualities the sender made, smallest first; none when there is but one. @throws `TRACK_NOT_FOUND` */
    layers(id: string): Promise<TrackLayer[]>
  }
  viewers: {
    /**
     * Lets a viewer in to whom the plugin itself sends what is no track. It leaves by `close`, or with the plugin; `viewer.left` tells
     * of every other end.
     *
     * @throws `PLUGIN_DISABLED`, `APP_NOT_FOUND`, `ROOM_NOT_FOUND`, `ROOM_CLOSED` or `VIEWER_LIMIT`.
     */
    admit(viewer: NewViewer): ViewerInfo
    /** Says how much was sent so far, in bytes, by the ids of viewers that the plugin let in. */
    sent(bytes: Readonly<Record<string, number>>): void
    /** Does nothing when it has left already. */
    close(id: string, reason: CloseReason): void
    /** The tracks it gets at the moment, by SDP `mid`. @throws `VIEWER_NOT_FOUND` */
    plays(id: string): { mid: string; track: TrackData }[]
    /** @param layers At most these; absent: the best it can take. @throws `VIEWER_NOT_FOUND` */
    preferLayers(id: string, layers?: PreferredLayers): Promise<void>
  }
  sessions: {
    publish(request: Arrival & { offer: string }): Promise<SessionInfo & { answer: string }>
    play(request: {
      kind: string
      app: string
      room: string
      caller: Caller
      offer: string
      userAgent?: string
    }): Promise<SessionInfo & { answer: string }>
    /** @throws `SESSION_NOT_FOUND` */
    get(id: string): SessionInfo
    /**
     * Applies a trickle fragment; candidates are checked and left aside, because an ICE-lite side learns them by itself.
     *
     * @param tags What the session's tag may be by now; absent: anything.
     * @returns Our half, when the fragment asks for an ICE restart.
     * @throws `SESSION_NOT_FOUND`, `SDP_INVALID`, or `SESSION_CHANGED` when it has another tag.
     */
    patch(id: string, fragment: string, tags?: readonly string[]): Promise<{ restarted?: string; tag: string }>
    close(id: string, reason: CloseReason): void
  }
  player: {
    /**
     * Replaces all that this plugin shows over the picture in the players of an app, until it stops; nothing with an empty list.
     * Players that are open follow at once.
     *
     * @throws `APP_NOT_FOUND`, or `INPUT_INVALID` with the `field`.
     */
    show(app: string, overlays: readonly Overlay[]): void
    /** What the players of a room show, of all plugins. @param room Full name. */
    overlays(room: string): ShownOverlay[]
  }
  quotas: {
    /**
     * @param caller Who asked for it: whoever is not metered, such as an API token, is let through. Absent: the tenant's limits count.
     * @throws `APP_NOT_FOUND`, or `QUOTA_EXCEEDED` with `metric`, `limit` and `used`, when the app's tenant has nothing left.
     */
    require(metric: Metric, app: string, caller?: Caller): void
    /** Counts what the app's tenant has used up this month, in minutes or gigabytes. @throws `APP_NOT_FOUND` */
    use(metric: MonthlyMetric, app: string, amount: number): void
  }
  server: { iceServers(): IceServer[] }
  /** Whether the server may connect to an address that somebody else named. */
  outbound: {
    /**
     * @param check `schemes` without the colon, such as `rtsp`; absent: http and https. `field`: what the caller of the API calls the URL.
     * @returns The addresses of its host at the moment. Connect to one of these: the name may lead elsewhere a moment later.
     * @throws `INPUT_INVALID` with the `field` and a `reason`: malformed, another scheme, a private network, or a name that nobody knows.
     */
    check(url: string, check?: OutboundCheck): Promise<string[]>
    /** What can be said of a URL before its name is resolved, which may be impossible for the moment. Answers the host. @throws like `check` */
    screen(url: string, check?: OutboundCheck): string
  }
}

/** What happens, as `host.events.on` tells it. */
export type CoreTopics = {
  'participant.left': { participant: ParticipantInfo; reason: CloseReason }
  'participant.tracksWanted': { participantId: string; wanted: boolean }
  'participant.joined': { participant: ParticipantInfo }
  'track.published': { track: TrackData }
  'track.unpublished': { track: TrackData; reason: CloseReason }
  /** The media worker that carried it died; it is carried by another one, and every copy of it has ended. */
  'track.remade': { track: TrackData }
  'track.keyframeWanted': { trackId: string; participantId: string; ssrc: number }
  'track.replayWanted': { trackId: string; participantId: string; delivery: Delivery }
  'participant.pictureWanted': { participantId: string; delivery: Delivery }
  'track.bridgeViewers': { trackId: string; participantId: string; count: number }
  'room.opened': { room: RoomInfo }
  'room.closed': { room: RoomInfo; reason: CloseReason }
  'viewer.joined': { viewer: ViewerInfo }
  'viewer.left': { viewer: ViewerInfo; reason: CloseReason }
  /** What the players of an app show over the picture. */
  'player.overlays': { app: AppInfo }
  'app.changed': { app: AppInfo; change: Change }
  'ingress.changed': { ingress: IngressInfo; change: Change }
}

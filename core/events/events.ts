import { EventEmitter } from 'node:events'
import type { Caller } from '../access/caller.ts'
import type { App } from '../app/app.ts'
import type { Node } from '../cluster/nodes.ts'
import type { Ingress } from '../ingress/ingress.ts'
import type { MediaWorker } from '../media/media-worker.ts'
import type { CloseReason } from '../room/close-reason.ts'
import type { Participant } from '../room/participant.ts'
import type { Room } from '../room/room.ts'
import type { Track } from '../room/track.ts'
import type { Viewer } from '../room/viewer.ts'
import type { PeerDataProducer } from '../signalling/data-flow.ts'
import type { RoomMessage } from '../signalling/room-message.ts'
import type { Stream } from '../stream/stream.ts'
import type { WebRtcSession } from '../webrtc/session.ts'

/** Where something is waited for: a TCP port of loopback, and what has to be said there first. */
export type Delivery = { readonly port: number; readonly token: string }

export type Change = 'CREATED' | 'CHANGED' | 'DELETED'

/** Everything that happens, by name. GraphQL subscriptions and plugins are its consumers. */
export type CoreEventMap = {
  'app.changed': [app: App, change: Change]
  'room.opened': [room: Room]
  'room.changed': [room: Room]
  'room.closed': [room: Room, reason: CloseReason]
  'participant.joined': [participant: Participant]
  'participant.changed': [participant: Participant]
  /** Whether anybody wants tracks of a participant who makes them on demand. */
  'participant.tracksWanted': [participant: Participant, wanted: boolean]
  'participant.left': [participant: Participant, reason: CloseReason]
  'track.published': [track: Track]
  'track.changed': [track: Track]
  /** The track goes on with a new producer, after its media worker died. */
  'track.remade': [track: Track]
  'track.unpublished': [track: Track, reason: CloseReason]
  /** A viewer waits for a keyframe of this RTP stream; `ssrc` tells a bridged track's two streams apart. */
  'track.keyframeWanted': [track: Track, ssrc: number]
  /** How many viewers of a bridged track are not on its source yet. */
  'track.bridgeViewers': [track: Track, count: number]
  /** Somebody began to publish, with its first track or without any. */
  'stream.started': [stream: Stream]
  /** Who is there, or what the publisher says about itself, has changed. */
  'stream.changed': [stream: Stream]
  'stream.ended': [stream: Stream, reason: CloseReason]
  /** Something was said in a room, on any topic. */
  'room.message': [message: RoomMessage]
  'chat.message': [message: RoomMessage]
  'chat.reaction': [message: RoomMessage]
  /** Somebody wants what leads to a track's present picture, from its publisher. */
  'track.replayWanted': [track: Track, delivery: Delivery]
  /** Somebody wants the last picture of one who publishes without tracks. */
  'participant.pictureWanted': [participant: Participant, delivery: Delivery]
  'viewer.joined': [viewer: Viewer]
  'viewer.changed': [viewer: Viewer]
  'viewer.left': [viewer: Viewer, reason: CloseReason]
  'dataProducer.opened': [producer: PeerDataProducer]
  'dataProducer.closed': [producer: PeerDataProducer, reason: CloseReason]
  /** An offer was answered: ICE and DTLS are next. */
  'session.opened': [session: WebRtcSession]
  'ingress.changed': [ingress: Ingress, change: Change]
  /** Somebody came with the right stream key, and still was not let in. */
  'ingress.refused': [ingress: Ingress, reason: 'unauthorized_rtmp_password']
  /** A node of the cluster came, told something about itself, or was removed. */
  'node.changed': [node: Node, change: Change]
  /** What its players show over the picture. */
  'player.overlays': [app: App]
  /** Somebody changed something about the server: by which mutation, and what it was about. */
  'server.managed': [caller: Caller, action: string, target: Readonly<Record<string, unknown>>]
  'mediaWorker.died': [worker: MediaWorker]
  'mediaWorker.replaced': [worker: MediaWorker]
}

export type CoreEvents = EventEmitter<CoreEventMap>

export function coreEvents(): CoreEvents {
  return new EventEmitter<CoreEventMap>().setMaxListeners(0)
}

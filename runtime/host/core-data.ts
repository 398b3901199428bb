import type { App } from '../../core/app/app.ts'
import type { Ingress } from '../../core/ingress/ingress.ts'
import type { Participant } from '../../core/room/participant.ts'
import type { Room } from '../../core/room/room.ts'
import type { Track } from '../../core/room/track.ts'
import type { Viewer } from '../../core/room/viewer.ts'
import type { WebRtcSession } from '../../core/webrtc/session.ts'
import type { AppInfo, IngressInfo, ParticipantInfo, RoomInfo, SessionInfo, TrackData, ViewerInfo } from '../../plugins/kit/core-api.ts'

/** Core's live objects as the plain data that crosses into plugin threads. */

export const appInfo = ({ number, name, tenant, prefix, settings, config, folder }: App): AppInfo => ({
  number,
  name,
  tenant,
  prefix,
  settings,
  config,
  folder,
})

export const trackData = ({ id, kind, codec, muted, replayable, info, participant }: Track): TrackData => ({
  ...info,
  id,
  kind,
  codec,
  muted,
  replayable,
  participantId: participant.id,
  room: participant.room.name,
})

export const participantInfo = ({ id, identity, name, kind, onDemand, room, tracks }: Participant): ParticipantInfo => ({
  id,
  identity,
  name,
  kind,
  room: room.name,
  app: room.app.name,
  onDemand,
  tracks: [...tracks.values()].map(trackData),
})

export const roomInfo = ({ name, localName, app, participants, audience }: Room): RoomInfo => ({
  name,
  localName,
  app: app.name,
  participants: [...participants.values()].map(participantInfo),
  viewers: audience.length,
})

export const viewerInfo = ({ id, room, kind }: Viewer): ViewerInfo => ({ id, room: room.name, kind })

export const sessionInfo = ({ id, kind, app, room, iceTag, ownerId }: WebRtcSession): SessionInfo => ({
  id,
  kind,
  app,
  room,
  tag: iceTag,
  ownerId,
})

export const ingressInfo = ({ id, protocol, app, room, identity, name, transcode, configured, status }: Ingress): IngressInfo => ({
  id,
  protocol,
  app,
  room,
  identity,
  name,
  transcode,
  configured,
  status,
})

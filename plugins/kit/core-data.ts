/** Core's things as plugins see them: plain data, true at the moment they were asked for. */

import type { AppConfig } from '../../core/app/config.ts'
import type { AppSettings } from '../../core/app/settings.ts'
import type { Arrival } from '../../core/ingress/arrival.ts'
import type { IngressStatus } from '../../core/ingress/ingress.ts'
import type { TrackFormat } from '../../core/media/rtp-tap.ts'
import type { Overlay, OverlayPosition } from '../../core/player/overlay.ts'
import type { TrackInfo } from '../../core/room/track.ts'

/** `folder`: where it keeps everything, an absolute path. */
export type AppInfo = {
  number: number
  name: string
  tenant: string
  prefix: string
  settings: AppSettings
  config: AppConfig
  folder: string
}
export type TrackData = TrackInfo & {
  id: string
  kind: 'audio' | 'video'
  codec: string
  muted: boolean
  /** Whether its publisher answers `tracks.replay`. */
  replayable: boolean
  participantId: string
  room: string
}
/** `onDemand`: it makes tracks when they are wanted, and has a picture without them. */
export type ParticipantInfo = {
  id: string
  room: string
  app: string
  identity: string
  name: string
  kind: string
  onDemand: boolean
  tracks: TrackData[]
}
export type RoomInfo = { name: string; localName: string; app: string; participants: ParticipantInfo[]; viewers: number }
/** `room`: by its full or app-local name. */
export type NewViewer = { app: string; room: string; kind: string; remoteAddress?: string; userAgent?: string }
export type ViewerInfo = { id: string; room: string; kind: string }

/** A publisher who was let in. */
export type Admission = { ingressId: string; participantId: string; room: string; app: string; identity: string; settings: AppSettings }

/** A configured way in, as plugins see it. `transcode`: whether renditions of what comes in are made. */
export type IngressInfo = {
  id: string
  protocol: string
  app: string
  room: string
  identity: string
  name: string | undefined
  transcode: boolean
  configured: boolean
  status: IngressStatus
}

export type { Arrival }

/**
 * A WebRTC session as its HTTP resource needs it. `tag` names its ICE session and changes with every ICE restart;
 * `ownerId` is the publishing participant or the viewer.
 */
export type SessionInfo = { id: string; kind: 'PUBLISH' | 'PLAY'; app: string; room: string; tag: string; ownerId: string }

/** One ICE server for clients, as `RTCIceServer` has it. */
export type IceServer = { urls: string[]; username?: string; credential?: string }

export type { Overlay, OverlayPosition, TrackFormat }
export type ShownOverlay = { source: string; text: string; position: OverlayPosition; opacity: number }

/**
 * Somebody whom a plugin lets into a room by itself. `room`: by full or app-local name. `publishing`: it publishes something that is no
 * track, such as pictures one by one, for as long as it is there. `takeover`: replaces who has the identity.
 */
export type NewParticipant = {
  app: string
  room: string
  identity: string
  kind: string
  name?: string
  metadata?: string
  publishing?: boolean
  takeover?: boolean
  remoteAddress?: string
}

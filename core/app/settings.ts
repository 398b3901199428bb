import type { AppConfig } from './config.ts'

/** What an app's configuration says to whoever lets publishers and viewers in. */
export type AppSettings = {
  /** Whether callers without a stream key may publish by room name, where the server lets them in at all. */
  readonly openPublishing: boolean
  /** Whether callers without a credential may watch, where the server lets them in at all. */
  readonly publicPlayback: boolean
  /** Whether a second publisher to an identity replaces the first instead of being refused. */
  readonly takeover: boolean
  /** What happens to H.264 with B-frames, which browsers can not play over WebRTC. */
  readonly bFrames: 'TRANSCODE' | 'REFUSE'
  /** Viewers one room may have; 0: as many as come. */
  readonly maxViewersPerRoom: number
}

export function settingsOf({ publishing, features, viewers }: AppConfig): AppSettings {
  return {
    openPublishing: publishing.open,
    publicPlayback: features.publicPlayback,
    takeover: publishing.takeover,
    bFrames: publishing.bFrames === 'refuse' ? 'REFUSE' : 'TRANSCODE',
    maxViewersPerRoom: viewers.maxPerRoom,
  }
}

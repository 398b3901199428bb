/** What a pull is doing. `WAITING`: too many others are at work. `FAILED`: trying again is useless. */
export const PULL_STATES = ['WAITING', 'CONNECTING', 'LIVE', 'RECONNECTING', 'COMPLETE', 'FAILED', 'STOPPED'] as const
export type PullState = (typeof PULL_STATES)[number]

/** What its publisher in the room is like. */
export type PublicationSample = {
  participantId: string | undefined
  bitrateBps: number
  receivedBytes: number
  videoCodec?: string
  audioCodec?: string
  framesPerSecond?: number
  gopMs?: number
  bFrames?: boolean
  transcoded?: boolean
}

/** One pull at one moment. */
export type PullSample = PublicationSample & {
  /** The ingress's. */
  id: string
  app: string
  room: string
  identity: string
  kind: 'RTSP' | 'URL'
  state: PullState
  /** When it came into this state. */
  since: Date
  retries: number
  lastError: string | undefined
}

import { z } from 'zod'
import type { App } from '../app/app.ts'
import type { Caller, Grant, Joining } from './caller.ts'

const flag = z.boolean().optional()
/** Seconds since 1970. */
const instant = z.number().nonnegative()

/** What of a LiveKit access token counts here. Whatever else it says, about other rooms or the server, is not for those who join. */
export const joinClaims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(256),
  name: z.string().optional(),
  metadata: z.string().optional(),
  nbf: instant.optional(),
  exp: instant,
  video: z.object({
    roomJoin: z.literal(true),
    room: z.string().min(1),
    canPublish: flag,
    canSubscribe: flag,
    canPublishData: flag,
    canPublishSources: z.array(z.string()).optional(),
    hidden: flag,
    roomRecord: flag,
    recorder: flag,
  }),
  /** What LiveKit has no word for: who came only to watch, and gets only these kinds of tracks. */
  patchbay: z.object({ audience: flag, plays: z.array(z.enum(['audio', 'video'])).optional() }).optional(),
})

export type JoinClaims = z.output<typeof joinClaims>

type Kind = 'audio' | 'video'

const KINDS: Readonly<Record<string, Kind>> = {
  microphone: 'audio',
  screen_share_audio: 'audio',
  camera: 'video',
  screen_share: 'video',
}

/**
 * The caller whom a join token makes: its rights end at the one room.
 *
 * As in LiveKit, what the token does not mention is permitted. Whoever is hidden can send nothing: it would show that somebody is there.
 */
export function joiningCaller({ sub: identity, name, metadata, video, patchbay }: JoinClaims, app: App): Caller {
  const { room, hidden = false, canPublish = true, canSubscribe = true, canPublishData = canPublish } = video
  const grants: Grant[] = []
  if (canPublish && !hidden) grants.push('PUBLISH')
  if (canSubscribe) grants.push('PLAY')
  const publishes = kindsOf(video.canPublishSources ?? [])
  const joining: Joining = {
    identity,
    hidden,
    audience: patchbay?.audience ?? false,
    recorder: video.roomRecord === true || video.recorder === true,
    canPublishData: canPublishData && !hidden,
    ...(name !== undefined && name !== '' && { name }),
    ...(metadata !== undefined && metadata !== '' && { metadata }),
    ...(publishes && { publishes }),
    ...(patchbay?.plays && { plays: patchbay.plays }),
  }
  return { id: `join:${room}/${identity}`, kind: 'JOIN', grants, app: app.name, room, joining }
}

/** Of no sources: all kinds, as LiveKit has it. */
function kindsOf(sources: readonly string[]): Kind[] | undefined {
  if (sources.length === 0) return undefined
  return [...new Set(sources.flatMap((source) => KINDS[source.toLowerCase()] ?? []))]
}

import type { App } from '../app/app.ts'
import type { AppConfig } from '../app/config.ts'
import { MediaError } from '../kernel/errors.ts'

/** Something said in a room: to everybody, or to a few. */
export type RoomMessage = {
  readonly app: App
  /** Full name of the room. */
  readonly room: string
  /** `<room>/<identity>` of the stream that it is about, or of its sender. */
  readonly stream: string
  readonly topic: string
  readonly from: string
  readonly message?: string
  readonly reaction?: string
  /** What goes over the wire, to the letter. */
  readonly payload: string
  /** Identities of those it is for; empty: everybody. */
  readonly to: readonly string[]
  readonly at: Date
}

export type NewRoomMessage = {
  topic: string
  message?: string
  reaction?: string
  /** Sent to the letter; absent: JSON of the rest. */
  payload?: string
  /** Absent: the server. */
  from?: string
  to?: readonly string[]
  /** Whether it is sent again until it has arrived; absent: it is. */
  reliable?: boolean
}

/** The topics that an app can do without. */
const FEATURES: Readonly<Record<string, keyof Pick<AppConfig['features'], 'chat' | 'reactions'>>> = { chat: 'chat', reaction: 'reactions' }
const MOST_CHARS = { topic: 64, message: 4_000, reaction: 64, payload: 8_000, from: 120 } as const
const MOST_RECEIVERS = 1_000

/** Whether the app has what this topic is for. */
export function hasTopic(app: App, topic: string): boolean {
  const feature = FEATURES[topic]
  return feature === undefined || app.config.features[feature]
}

/** @throws {MediaError} `INPUT_INVALID` naming the field, or `FEATURE_DISABLED`. */
export function roomMessage(place: Pick<RoomMessage, 'app' | 'room' | 'stream'>, input: NewRoomMessage): RoomMessage {
  for (const [field, limit] of Object.entries(MOST_CHARS)) {
    const length = input[field as keyof typeof MOST_CHARS]?.length ?? 0
    if (length > limit) throw new MediaError('INPUT_INVALID', { field, reason: `must be at most ${limit} characters` })
  }
  const { topic, message, reaction, from = 'server', to = [], payload } = input
  if (topic === '') throw new MediaError('INPUT_INVALID', { field: 'topic', reason: 'must not be empty' })
  if (to.length > MOST_RECEIVERS)
    throw new MediaError('INPUT_INVALID', { field: 'to', reason: `must be at most ${MOST_RECEIVERS} identities` })
  if (!hasTopic(place.app, topic)) throw new MediaError('FEATURE_DISABLED', { app: place.app.name, feature: topic })
  const at = new Date()
  const words = { ...(message !== undefined && { message }), ...(reaction !== undefined && { reaction }) }
  return { ...place, topic, from, ...words, to, at, payload: payload ?? JSON.stringify({ topic, from, ...words, ts: at.toISOString() }) }
}

/** What a participant's own message says, however it is written. */
export function wordsOf(topic: string, payload: string): { message?: string; reaction?: string } {
  const key = topic === 'reaction' ? 'reaction' : 'message'
  const given = parsed(payload)
  const text = given === undefined ? payload : given[key]
  return typeof text === 'string' ? { [key]: text.slice(0, MOST_CHARS[key]) } : {}
}

function parsed(payload: string): Record<string, unknown> | undefined {
  if (!payload.startsWith('{')) return undefined
  try {
    return JSON.parse(payload) as Record<string, unknown>
  } catch {
    return undefined
  }
}

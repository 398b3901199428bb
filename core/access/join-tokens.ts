import { randomBytes, randomUUID } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import { MediaError } from '../kernel/errors.ts'
import { checkGivenIdentity } from '../room/identity.ts'
import type { Caller } from './caller.ts'
import { type JoinClaims, joinClaims, joiningCaller } from './join-claims.ts'
import { parseLifespan } from './lifespan.ts'
import type { Quotas } from './quotas.ts'
import type { LiveKitKey } from './server-keys.ts'
import { withSimulcastHints } from './simulcast-hints.ts'

/** Seconds that the clock of whoever signs may be ahead of ours. */
const CLOCK_AHEAD_S = 10
const LIFESPAN = '6h'
const LIMITS = { identity: 120, name: 120, metadata: 2_000, ttl: 20 } as const

export type JoinTokenRequest = {
  app: string
  /** By its full or app-local name; absent: the app's own room. */
  room?: string
  /** Absent: one that nobody else has. */
  identity?: string
  name?: string
  metadata?: string
  /** Absent: unless it is hidden, or records. */
  canPublish?: boolean
  canSubscribe?: boolean
  /** `90s`, `10m`, `6h`, `30d`. */
  ttl?: string
  /** Counts only where the app has its `hiddenQc` on. */
  hidden?: boolean
  recorder?: boolean
  /** It may publish sound alone. */
  audioOnly?: boolean
}

/** `room`: full name. `adaptive`: whether its metadata tells of simulcast layers. */
export type JoinToken = {
  token: string
  app: string
  room: string
  identity: string
  hidden: boolean
  audioOnly: boolean
  adaptive: boolean
  endsAt: Date
}

type Draft = Pick<JoinClaims, 'sub' | 'name' | 'metadata' | 'patchbay'> & { video: Omit<JoinClaims['video'], 'roomJoin' | 'room'> }

/** Join tokens: LiveKit's access tokens, made and understood with the server's LiveKit key. None is kept. */
export class JoinTokens {
  readonly #apps: Apps
  readonly #quotas: Quotas
  readonly #issuer: string
  readonly #sign: (claims: JoinClaims) => string
  readonly #open: (token: string) => unknown

  constructor({ key, apps, quotas }: { key: LiveKitKey; apps: Apps; quotas: Quotas }) {
    this.#apps = apps
    this.#quotas = quotas
    this.#issuer = key.apiKey
    this.#sign = createSigner({ key: key.apiSecret, algorithm: 'HS256', noTimestamp: true })
    this.#open = createVerifier({ key: key.apiSecret, algorithms: ['HS256'], allowedIss: key.apiKey, ignoreNotBefore: true })
  }

  /** Who presents this token; nobody, when it is none of ours, not valid yet or no more, or leads into no room. */
  readonly verify = (token: string): Caller | undefined => {
    const claims = this.#claimsOf(token)
    if (!claims) return undefined
    const app = this.#apps.owning(claims.video.room)
    if (app.fullName(claims.video.room) !== claims.video.room || isOlder(claims, app)) return undefined
    return joiningCaller(claims, app)
  }

  /**
   * Makes a token with which somebody joins a room.
   *
   * @param caller Who asks: tokens that let publish count against its tenant's quota.
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `INPUT_INVALID` naming the field, or `QUOTA_EXCEEDED`.
   */
  create(request: JoinTokenRequest, caller: Caller): JoinToken {
    const { app, name: room } = this.#apps.roomName(request.app, request.room ?? '')
    checkLengths(request)
    const seconds = parseLifespan(request.ttl ?? LIFESPAN, 'ttl')
    const { hiddenQc, adaptivePlayer: adaptive } = app.config.features
    const { name, canSubscribe = true, recorder = false, audioOnly = false } = request
    const hidden = request.hidden === true && hiddenQc
    const canPublish = request.canPublish ?? !(hidden || recorder)
    if (canPublish) this.#quotas.require('maxConcurrentStreams', { tenant: app.tenant, caller })

    const identity = request.identity || `anon-${randomUUID()}`
    const metadata = adaptive ? withSimulcastHints(request.metadata, app.config) : request.metadata
    const video = {
      canPublish,
      canSubscribe,
      canPublishData: true,
      hidden,
      roomRecord: recorder,
      ...(audioOnly && canPublish && { canPublishSources: ['microphone'] }),
    }
    const draft = { sub: identity, video, ...(name !== undefined && { name }), ...(metadata !== undefined && { metadata }) }
    return { ...this.#made(app, room, draft, seconds), identity, hidden, audioOnly, adaptive }
  }

  /**
   * Makes a token with which somebody, whoever it is, watches a room.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, or `NOT_FOUND` where the app does not let everybody watch.
   */
  createForPlaying(appName: string, room: string): JoinToken {
    return this.#forAudience(appName, room, 'viewer', {})
  }

  /** Makes a token with which somebody, whoever it is, listens to a room and sees nothing. @throws as `createForPlaying` does. */
  createForListening(appName: string, room: string): JoinToken {
    return this.#forAudience(appName, room, 'listener', { plays: ['audio'] })
  }

  #forAudience(appName: string, roomName: string, who: string, limits: { plays?: ['audio'] }): JoinToken {
    const { app, name: room } = this.#apps.roomName(appName, roomName)
    const { publicPlayback, adaptivePlayer: adaptive } = app.config.features
    if (!publicPlayback) throw new MediaError('NOT_FOUND', { app: app.name, reason: 'the app does not let everybody watch' })
    const identity = `${who}-${randomBytes(4).toString('hex')}`
    const video = { canPublish: false, canSubscribe: true, canPublishData: false, hidden: true, roomRecord: false }
    const draft = { sub: identity, video, patchbay: { audience: true, ...limits } }
    return {
      ...this.#made(app, room, draft, parseLifespan(LIFESPAN, 'ttl')),
      identity,
      hidden: true,
      audioOnly: limits.plays !== undefined,
      adaptive,
    }
  }

  #made(app: App, room: string, { video, ...draft }: Draft, seconds: number) {
    const nbf = Math.floor(Date.now() / 1_000)
    const exp = nbf + seconds
    const token = this.#sign({ iss: this.#issuer, ...draft, nbf, exp, video: { roomJoin: true, room, ...video } })
    return { token, app: app.name, room, endsAt: new Date(exp * 1_000) }
  }

  #claimsOf(token: string): JoinClaims | undefined {
    let opened: unknown
    try {
      opened = this.#open(token)
    } catch {
      return undefined
    }
    const { data: claims } = joinClaims.safeParse(opened)
    return claims && (claims.nbf ?? 0) <= Date.now() / 1_000 + CLOCK_AHEAD_S ? claims : undefined
  }
}

/** Whether a token is from before there was this app: it led into one of the same name, or into what was nobody's. */
function isOlder({ nbf }: JoinClaims, { createdAt }: App): boolean {
  return nbf !== undefined && nbf < Math.floor(createdAt.getTime() / 1_000)
}

function checkLengths(request: JoinTokenRequest): void {
  for (const [field, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][]) {
    if ((request[field]?.length ?? 0) > limit) throw new MediaError('INPUT_INVALID', { field, reason: `at most ${limit} characters` })
  }
  if (request.identity) checkGivenIdentity(request.identity)
}

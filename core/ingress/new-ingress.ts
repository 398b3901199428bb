import { randomBytes } from 'node:crypto'
import { hashPassword } from '../access/passwords.ts'
import type { ServerKeys } from '../access/server-keys.ts'
import { hashOf } from '../access/tokens.ts'
import type { Apps } from '../app/apps.ts'
import { MediaError } from '../kernel/errors.ts'
import { checkGivenIdentity } from '../room/identity.ts'
import { DEFAULT_IDENTITY, STREAM_KEY_PREFIX, transcodes } from './doors.ts'
import { Ingress } from './ingress.ts'

/** The way in of what this server fetches by itself. */
const PULLED = 'URL'
/** The way in that the app's `rtmpPassword` is about. */
const WITH_PASSWORD = 'RTMP'
const PASSWORD_BYTES = 12
const NAME_CHARS = 200
const URL_CHARS = 500

export type NewIngress = {
  protocol: string
  app: string
  /** By its full or app-local name; absent: the app's own room. */
  room?: string
  identity?: string
  /** Whether an identity that is taken gets a suffix, rather than being shared. */
  distinct?: boolean
  /** The publisher's display name. */
  name?: string
  /** What is pulled; of `PULLED` ingresses only. */
  url?: string
  /** Whether renditions are made; absent: as the app says. */
  transcode?: boolean
}

/** An ingress, and the secrets of it that are told once. */
export type CreatedIngress = { ingress: Ingress; streamKey: string; password?: string }

/**
 * Makes an ingress of what somebody asked for; nobody knows it yet.
 *
 * @param isTaken Whether somebody has this identity in the room.
 * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID` or `INPUT_INVALID`.
 */
export async function newIngress(
  request: NewIngress,
  { apps, keys, isTaken }: { apps: Apps; keys: ServerKeys; isTaken: (room: string, identity: string) => boolean },
): Promise<CreatedIngress & { keyHash: string }> {
  const { protocol, identity = DEFAULT_IDENTITY, distinct = false, name, url } = request
  const { app, name: room } = apps.roomName(request.app, request.room ?? '')
  checkGivenIdentity(identity)
  if (name !== undefined && name.length > NAME_CHARS) throw invalid('name', `at most ${NAME_CHARS} characters`)
  if (protocol === PULLED) checkUrl(url)
  else if (url !== undefined) throw invalid('url', `only ${PULLED} ingresses pull`)

  const streamKey = STREAM_KEY_PREFIX + randomBytes(18).toString('base64url')
  const asksForPassword = protocol === WITH_PASSWORD && app.config.features.rtmpPassword
  const password = asksForPassword ? randomBytes(PASSWORD_BYTES).toString('base64url') : undefined
  const ingress = new Ingress({
    protocol,
    app: app.name,
    room,
    identity: distinct ? distinctFrom(identity, (one) => isTaken(room, one)) : identity,
    keyHint: streamKey.slice(-4),
    sealedKey: keys.seal(streamKey),
    transcode: request.transcode ?? transcodes(app),
    ...(name !== undefined && { name }),
    ...(url !== undefined && { sealedUrl: keys.seal(url) }),
    ...(password !== undefined && { passwordHash: await hashPassword(password) }),
  })
  return { ingress, streamKey, keyHash: hashOf(streamKey), ...(password !== undefined && { password }) }
}

/** `camera`, `camera-2`, `camera-3`, … whichever is the first that is free. */
function distinctFrom(identity: string, isTaken: (identity: string) => boolean): string {
  let one = identity
  for (let count = 2; isTaken(one); count++) one = `${identity}-${count}`
  return one
}

/** Where it leads, and whether it may, is for whoever connects to it. */
function checkUrl(url: string | undefined): void {
  if (url === undefined) throw invalid('url', `a ${PULLED} ingress needs one`)
  if (url.length > URL_CHARS) throw invalid('url', `at most ${URL_CHARS} characters`)
  if (!URL.parse(url)?.hostname) throw invalid('url', 'it must name a host, as rtsp://camera.example/stream does')
}

function invalid(field: string, reason: string): MediaError {
  return new MediaError('INPUT_INVALID', { field, reason })
}

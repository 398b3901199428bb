import type { Caller } from '../../core/access/caller.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { CoreApi } from '../kit/core-api.ts'
import type { Remote } from '../kit/rpc.ts'

type Core = Pick<Remote<CoreApi>, 'access' | 'apps' | 'rooms'>

/**
 * Whoever may watch a room. Where everybody may, a token that nobody knows does no harm.
 *
 * @returns The room's full name.
 * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `UNAUTHENTICATED` or `FORBIDDEN`.
 */
export async function requirePlay(core: Core, caller: Caller, app: string, room: string): Promise<string> {
  const name = await core.rooms.fullName(app, room)
  try {
    await core.access.require(caller, 'PLAY', app, name, 'video')
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    const { config } = await core.apps.get(app)
    if (!config.features.publicPlayback) throw error
    await core.access.require(await core.access.identify(undefined), 'PLAY', app, name)
  }
  return name
}

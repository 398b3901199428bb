import type { App } from '../app/app.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Permission } from '../kernel/permission.ts'
import { allows, type Caller, type Grant } from './caller.ts'

/** Tells who presents a secret of one kind, and nothing of one that it does not know. */
export type Verify = (secret: string, remoteAddress?: string) => Caller | undefined

type Place = { app: App; room?: string; kind?: 'audio' | 'video' }

/** Decides who may do what where, from the caller's grants and the app's own openness. */
export class Access {
  readonly #verifiers: readonly Verify[]
  /** What callers without a credential may do on this server, before any app has its say. */
  readonly #anonymous: readonly Grant[]

  constructor(verifiers: readonly Verify[], anonymous: readonly Grant[]) {
    this.#verifiers = verifiers
    this.#anonymous = anonymous
  }

  /**
   * The caller who presents this secret, or the anonymous one when none is presented.
   *
   * @throws {MediaError} `UNAUTHENTICATED` when the secret is wrong: whoever shows a bad credential is not let in as nobody.
   */
  identify(secret: string | undefined, remoteAddress?: string): Caller {
    const where = remoteAddress === undefined ? {} : { remoteAddress }
    if (secret === undefined) return { id: 'anonymous', kind: 'ANONYMOUS', grants: this.#anonymous, ...where }
    const caller = this.verify(secret, remoteAddress)
    if (!caller) throw new MediaError('UNAUTHENTICATED')
    return { ...caller, ...where }
  }

  /** Who presents this secret: an API token, a join token or a login. Nobody, when it is none that is valid here. */
  verify(secret: string, remoteAddress?: string): Caller | undefined {
    for (const verify of this.#verifiers) {
      const caller = verify(secret, remoteAddress)
      if (caller) return caller
    }
    return undefined
  }

  /** `kind`: of what is to be played, where it is one kind alone. */
  allows(caller: Caller, grant: Grant | Permission, { app, room, kind }: Place): boolean {
    if (grant === 'PLAY' && kind !== undefined && caller.joining?.plays?.includes(kind) === false) return false
    if (!allows(caller, grant, { app: app.name, tenant: app.tenant, ...(room !== undefined && { room }) })) return false
    if (caller.kind !== 'ANONYMOUS') return true
    return grant === 'PUBLISH' ? app.settings.openPublishing : app.settings.publicPlayback
  }

  /** @throws {MediaError} `UNAUTHENTICATED` when nobody in particular asks; `FORBIDDEN` when somebody does. */
  require(caller: Caller, grant: Grant | Permission, target: Place): void {
    if (this.allows(caller, grant, target)) return
    if (caller.kind === 'ANONYMOUS') throw new MediaError('UNAUTHENTICATED')
    throw new MediaError('FORBIDDEN', { grant, app: target.app.name, ...(target.room !== undefined && { room: target.room }) })
  }
}

import type { App } from '../app/app.ts'
import { MediaError } from '../kernel/errors.ts'
import { allows, type Caller, type Grant } from './caller.ts'
import type { Tokens } from './tokens.ts'

/** Decides who may do what where, from the caller's grants and the app's own openness. */
export class Access {
  readonly #tokens: Tokens
  /** What callers without a credential may do on this server, before any app has its say. */
  readonly #anonymous: readonly Grant[]

  constructor(tokens: Tokens, anonymous: readonly Grant[]) {
    this.#tokens = tokens
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
    const caller = this.#tokens.verify(secret)
    if (!caller) throw new MediaError('UNAUTHENTICATED')
    return { ...caller, ...where }
  }

  allows(caller: Caller, grant: Grant, { app, room }: { app: App; room?: string }): boolean {
    if (!allows(caller, grant, { app: app.name, ...(room !== undefined && { room }) })) return false
    if (caller.kind !== 'ANONYMOUS') return true
    return grant === 'PUBLISH' ? app.settings.openPublishing : app.settings.publicPlayback
  }

  /** @throws {MediaError} `UNAUTHENTICATED` when nobody in particular asks; `FORBIDDEN` when somebody does. */
  require(caller: Caller, grant: Grant, target: { app: App; room?: string }): void {
    if (this.allows(caller, grant, target)) return
    if (caller.kind === 'ANONYMOUS') throw new MediaError('UNAUTHENTICATED')
    throw new MediaError('FORBIDDEN', { grant, app: target.app.name, ...(target.room !== undefined && { room: target.room }) })
  }
}

import { MediaError } from '../kernel/errors.ts'
import type { Caller } from './caller.ts'

const LOAN_MS = 12 * 3_600_000
const MOST_LENT = 10_000

/** Tokens that nobody lists and that end by themselves. They are kept in memory only, and are worthless when the server stops. */
export class LentTokens {
  /** By the hash of the secret; those that end first come first. */
  readonly #byHash = new Map<string, { caller: Caller; endsAt: number }>()

  /**
   * @returns When it ends.
   * @throws {MediaError} `OVERLOADED` when as many are lent as may be.
   */
  lend(hash: string, caller: Caller): Date {
    for (const [old, { endsAt }] of this.#byHash) {
      if (endsAt > Date.now()) break
      this.#byHash.delete(old)
    }
    if (this.#byHash.size >= MOST_LENT) throw new MediaError('OVERLOADED', { reason: 'too many tokens are lent' })
    const endsAt = Date.now() + LOAN_MS
    this.#byHash.set(hash, { caller, endsAt })
    return new Date(endsAt)
  }

  /** Ends those that are limited to an app. */
  forget(app: string): void {
    for (const [hash, { caller }] of this.#byHash) if (caller.app === app) this.#byHash.delete(hash)
  }

  verify(hash: string): Caller | undefined {
    const lent = this.#byHash.get(hash)
    return lent && lent.endsAt > Date.now() ? lent.caller : undefined
  }
}

import { messageOf } from '../../core/kernel/errors.ts'

/** Why a source can not be pulled, in words for whoever configured it. Never holds its URL, which may hold a password. */
export class PullError extends Error {
  override readonly name = 'PullError'
  /** Trying again is useless until somebody changes the ingress or the server. */
  readonly isFinal: boolean

  constructor(message: string, { isFinal = false }: { isFinal?: boolean } = {}) {
    super(message)
    this.isFinal = isFinal
  }

  /** What Node or core threw, after what it means here. */
  static of(error: unknown, meaning: string): PullError {
    return error instanceof PullError ? error : new PullError(`${meaning}: ${messageOf(error)}`)
  }
}

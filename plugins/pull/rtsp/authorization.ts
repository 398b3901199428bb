import { createHash } from 'node:crypto'

export type Credentials = { user: string; password: string }

const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' }

/** Answers what an RTSP server asks for in its `WWW-Authenticate` headers. @see RFC 7616 and RFC 7617 */
export class Authorization {
  readonly #credentials: Credentials
  readonly #parameters: Readonly<Record<string, string>>
  readonly #hash: string | undefined

  /** @returns undefined when none of the schemes is known here. */
  static for(challenges: readonly string[], credentials: Credentials): Authorization | undefined {
    const digest = challenges.find((one) => /^digest /i.test(one) && HASHES[parametersOf(one).algorithm ?? 'MD5'])
    const chosen = digest ?? challenges.find((one) => /^basic\b/i.test(one))
    return chosen === undefined ? undefined : new Authorization(chosen, credentials)
  }

  private constructor(challenge: string, credentials: Credentials) {
    this.#credentials = credentials
    this.#parameters = parametersOf(challenge)
    this.#hash = /^digest /i.test(challenge) ? HASHES[this.#parameters.algorithm ?? 'MD5'] : undefined
  }

  /** The value of the `Authorization` header of one request. */
  header(method: string, url: string): string {
    const { user, password } = this.#credentials
    if (this.#hash === undefined) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const { realm = '', nonce = '', opaque, algorithm } = this.#parameters
    const response = this.#digest(`${this.#digest(`${user}:${realm}:${password}`)}:${nonce}:${this.#digest(`${method}:${url}`)}`)
    const fields = { username: user, realm, nonce, uri: url, response, ...(opaque && { opaque }), ...(algorithm && { algorithm }) }
    const words = Object.entries(fields).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`)
    return `Digest ${words.join(', ')}`
  }

  #digest(text: string): string {
    return createHash(this.#hash ?? 'md5')
      .update(text)
      .digest('hex')
  }
}

function parametersOf(challenge: string): Record<string, string> {
  const found = challenge.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)
  return Object.fromEntries([...found].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']))
}

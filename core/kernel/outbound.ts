import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { type AddressSet, ipv4Within, isLoopback, isPublicAddress } from './addresses.ts'
import { MediaError } from './errors.ts'

const HTTP = ['http', 'https']
/** Longest wait for a name server, in milliseconds. */
const RESOLVE_TIMEOUT_MS = 5_000

export type OutboundCheck = {
  /** Without the colon; absent: http and https. */
  schemes?: readonly string[]
  /** What the caller of the API calls the URL. */
  field?: string
}

/**
 * Where this server may connect to when somebody else names the address: to the open internet, and to private networks only as far as the
 * operator allows it. Otherwise a webhook or a pull would be a way to whatever listens beside the server.
 */
export class OutboundPolicy {
  readonly #allow: boolean | AddressSet
  readonly #resolve: LookupFunction

  /**
   * @param allow Private addresses that may be reached: all, none, or these.
   * @param resolve Asks the name server; the system's way when absent.
   */
  constructor(allow: boolean | AddressSet, resolve: LookupFunction = systemLookup) {
    this.#allow = allow
    this.#resolve = resolve
  }

  allows(address: string): boolean {
    if (this.#allow === true || isPublicAddress(address)) return true
    return this.#allow !== false && (this.#allow.has(ipv4Within(address)) || this.#allow.has(address))
  }

  /**
   * What can be said of a URL without a name server: whether it is one, its scheme, and the address or the local name it names.
   *
   * @returns Its host: an address in its usual form, however it was spelled, or a name.
   * @throws {MediaError} `INPUT_INVALID` with the `field` and a `reason`.
   */
  screen(url: string, { schemes = HTTP, field = 'url' }: OutboundCheck = {}): string {
    const refuse = (reason: string) => new MediaError('INPUT_INVALID', { field, reason })
    const parsed = URL.parse(url)
    if (!parsed) throw refuse('it is no URL')
    if (!schemes.includes(parsed.protocol.slice(0, -1)))
      throw refuse(`it must begin with ${schemes.map((one) => `${one}://`).join(' or ')}`)
    const host = hostOf(parsed)
    if (host === undefined) throw refuse('it names no host')
    const isPrivate = isIP(host) === 0 ? isLoopback(host) && !this.#allowsLoopback : !this.allows(host)
    if (isPrivate) throw refuse('it leads to a private network')
    return host
  }

  /**
   * Refuses a URL that leads, by any of its host's addresses, where this server may not connect to.
   *
   * @returns The addresses its host has at the moment. Connect to one of these, or through `lookup`: a name may lead elsewhere a moment later.
   * @throws {MediaError} `INPUT_INVALID` with the `field` and a `reason`, also when the name can not be resolved.
   */
  async check(url: string, { schemes = HTTP, field = 'url' }: OutboundCheck = {}): Promise<readonly string[]> {
    const host = this.screen(url, { schemes, field })
    if (isIP(host) !== 0) return [host]
    const addresses = await this.#addressesOf(host)
    if (addresses.length === 0) throw new MediaError('INPUT_INVALID', { field, reason: 'its host name can not be resolved' })
    if (!addresses.every((address) => this.allows(address)))
      throw new MediaError('INPUT_INVALID', { field, reason: 'it leads to a private network' })
    return addresses
  }

  /**
   * For `http.request`, `net.connect` and undici: resolves a name when it is connected to, and fails with `EACCES` when any of its addresses
   * is refused. Node does not ask it about a URL that holds an address; `screen` is for those.
   */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]
      const refused = all.find(({ address }) => !this.allows(address))
      const [first] = all
      if (refused || !first)
        return callback(Object.assign(new Error(`${host} leads to a private network`), { code: 'EACCES', syscall: 'lookup' }), [])
      if (options.all) callback(null, all)
      else callback(null, first.address, first.family)
    })
  }

  get #allowsLoopback(): boolean {
    return this.allows('127.0.0.1') || this.allows('::1')
  }

  /** None when the name is unknown, or its name server silent. */
  #addressesOf(host: string): Promise<string[]> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve([]), RESOLVE_TIMEOUT_MS)
      this.#resolve(host, { all: true }, (error, found) => {
        clearTimeout(timer)
        if (error) resolve([])
        else resolve(Array.isArray(found) ? found.map(({ address }) => address) : [found])
      })
    })
  }
}

/**
 * The host as a connection is made to it: `0x7f.1`, `2130706433` and `0177.0.0.1` are all `127.0.0.1`. URLs of http are read so by
 * themselves, those of other schemes only when asked to.
 */
function hostOf({ hostname }: URL): string | undefined {
  const host = URL.parse(`http://${hostname}`)
    ?.hostname.replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  return host === '' ? undefined : host
}

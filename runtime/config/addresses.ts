import { BlockList, isIP } from 'node:net'

/** A set of addresses written as single addresses and CIDR ranges, such as `10.0.0.0/8` or `::1`. */
export class AddressSet {
  readonly ranges: readonly string[]
  readonly #list = new BlockList()

  /** @throws {TypeError} naming the first range that can not be read. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges
    for (const range of ranges) this.#add(range)
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0
  }

  has(address: string): boolean {
    const plain = unmapped(address)
    const version = isIP(plain)
    return version !== 0 && this.#list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }

  #add(range: string): void {
    const [address = '', prefix, ...rest] = range.split('/')
    const version = isIP(address)
    const longest = version === 6 ? 128 : 32
    const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
    if (version === 0 || rest.length > 0 || !(bits <= longest)) throw new TypeError(`"${range}" is no address and no CIDR range`)
    this.#list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4')
  }
}

/** An IPv4 address that arrived on an IPv6 socket, as the IPv4 address it is. */
export function unmapped(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

const LOOPBACK = new AddressSet(['127.0.0.0/8', '::1'])

/** Whether this name or address can only mean this machine. Takes `[::1]` as well as `::1`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name.endsWith('.localhost') || LOOPBACK.has(name)
}

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

/**
 * IPv4 that leads to no machine of the open internet. The three ranges for documentation are not here: they lead nowhere at all.
 *
 * @see RFC 6890, RFC 6598 (carrier-grade NAT), RFC 5771 (multicast)
 */
const PRIVATE_IPV4 = new AddressSet([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

/** All that is not global unicast, as IANA gives it out; and within that the tunnels that carry any IPv4 address unseen. */
const GLOBAL_IPV6 = new AddressSet(['2000::/3'])
const TUNNELS = new AddressSet(['2001::/23', '2002::/16'])

/** Prefixes of IPv6 addresses that stand for the IPv4 address in their last 32 bits: mapped (RFC 4291), compatible, NAT64 (RFC 6052). */
const IPV4_PREFIXES = ['0:0:0:0:0:ffff', '0:0:0:0:0:0', '64:ff9b:0:0:0:0']

/**
 * Whether an address leads to the open internet: not to this machine, its networks, several machines at once or nowhere. An IPv6 address
 * that stands for an IPv4 address is judged by that one.
 *
 * @returns False also for what is no address.
 */
export function isPublicAddress(address: string): boolean {
  const plain = ipv4Within(address)
  const version = isIP(plain)
  if (version === 4) return !PRIVATE_IPV4.has(plain)
  return version === 6 && GLOBAL_IPV6.has(plain) && !TUNNELS.has(plain)
}

/** The IPv4 address that an IPv6 address stands for; any other as it is, without its zone. */
export function ipv4Within(address: string): string {
  const [plain = ''] = address.split('%')
  if (isIP(plain) !== 6) return plain
  const groups = ipv6Groups(plain)
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16))
  const isIpv4 = IPV4_PREFIXES.includes(groups.slice(0, 6).join(':')) && !(high === 0 && low <= 1)
  return isIpv4 ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : plain
}

/**
 * What somebody has to change to look like somebody else: the address of IPv4; of IPv6, where everybody is given at least 2^64 of them,
 * its first half.
 */
export function networkOf(address: string): string {
  const plain = ipv4Within(address)
  return isIP(plain) === 6 ? `${ipv6Groups(plain).slice(0, 4).join(':')}::/64` : plain
}

/** Its eight groups in hexadecimal, without leading zeros. */
function ipv6Groups(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head.split(':').filter((group) => group !== '')
  const after = (tail ?? '').split(':').filter((group) => group !== '')
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}

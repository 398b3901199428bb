import { isIP } from 'node:net'
import { z } from 'zod'
import { AddressSet } from '../../core/kernel/addresses.ts'
import { Secret } from './secret.ts'

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
const isHost = (text: string) => isIP(text) !== 0 || HOST_NAME.test(text)

const items = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** How the text of one environment variable becomes a value. Every message says what is expected and repeats no value. */
export const text = z.string()
export const secret = z.string().transform((value) => new Secret(value))
export const host = z.string().refine(isHost, 'must be an address or a host name')
export const hosts = z
  .string()
  .transform(items)
  .refine((all) => all.every(isHost), 'must be a comma-separated list of addresses or host names')
export const port = whole(0, 65_535)
/** `:8080`, `127.0.0.1:8080` or `[::1]:8080`; without an address, all of them. */
export const listenAddress = z.string().transform((text, context) => {
  const [match, address = '', digits] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? []
  const name = address.replace(/^\[(.*)\]$/, '$1')
  if (match !== undefined && Number(digits) <= 65_535 && (name === '' || isHost(name)))
    return { host: name || '0.0.0.0', port: Number(digits) }
  context.addIssue({ code: 'custom', message: 'must read address:port or :port' })
  return z.NEVER
})
export const flag = z.enum(['on', 'off'], 'must be on or off').transform((value) => value === 'on')
/** As go-live says it, and as everybody else does. */
export const onOff = z.enum(['1', '0', 'true', 'false'], 'must be 1 or 0').transform((value) => value === '1' || value === 'true')
export const truth = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
export const urls = z.string().transform((value) => (value === 'none' ? [] : items(value)))
export const list = z.string().transform(items)

export function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
}

export const rate = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'must be a number such as 10 or 10.5')
  .transform(Number)

export const apiToken = z
  .string()
  .regex(/^sk_[A-Za-z0-9_-]{16,}$/, 'must be sk_ followed by at least 16 of the characters A-Z a-z 0-9 _ -')
  .transform((value) => new Secret(value))

export const publicUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http:// or https:// address')
  .transform((value) => value.replace(/\/+$/, ''))

export const publicWsUrl = z
  .string()
  .refine((value) => /^wss?:\/\//.test(value) && URL.canParse(value), 'must be a ws:// or wss:// address')
  .transform((value) => value.replace(/\/+$/, ''))

/** `name1=value1,name2=value2`, percent-encoded, as OpenTelemetry has it. */
export const headers = z.string().transform((value, context) => {
  const pairs = items(value).map((item) => /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(.+)$/.exec(item))
  if (pairs.every((pair) => pair !== null)) {
    return new Map(pairs.map(([, name = '', text = '']) => [name.toLowerCase(), new Secret(decoded(text))])) as ReadonlyMap<string, Secret>
  }
  context.addIssue({ code: 'custom', message: 'must read name1=value1,name2=value2' })
  return z.NEVER
})

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `room1:token1;room2:token2`: a token may hold colons; the last of two entries for one room wins. */
export const roomTokens = z.string().transform((value, context) => {
  const tokens = new Map<string, Secret>()
  for (const entry of value.split(';')) {
    if (entry.trim() === '') continue
    const colon = entry.indexOf(':')
    const room = entry.slice(0, Math.max(colon, 0)).trim()
    const token = entry.slice(colon + 1).trim()
    if (room !== '' && token !== '') tokens.set(room, new Secret(token))
    else context.addIssue({ code: 'custom', message: 'must read room1:token1;room2:token2' })
  }
  return tokens as ReadonlyMap<string, Secret>
})

export const addresses = z.string().transform((value, context) => addressSet(items(value), context))

/** `true`, `false`, or the ranges that are allowed. */
export const privateAddresses = z.string().transform((value, context) => {
  if (value === 'true' || value === 'false') return value === 'true'
  return addressSet(items(value), context)
})

function addressSet(ranges: string[], context: z.RefinementCtx): AddressSet {
  try {
    return new AddressSet(ranges)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a comma-separated list of addresses and CIDR ranges such as 10.0.0.0/8' })
    return z.NEVER
  }
}

import type { TrackFormat } from '../source.ts'

/** One `m=` section of a source's description that can be taken. */
export type Media = TrackFormat & { control: string }

/** What a payload type means that no `a=rtpmap` explains. @see RFC 3551 section 6 */
const STATIC: Readonly<Record<number, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000', 10: 'L16/44100/2', 26: 'JPEG/90000' }

/**
 * The first video and the first audio of a session description.
 *
 * @param base What relative control URLs are relative to, unless the session has a control URL of its own.
 */
export function mediaOf(sdp: string, base: string): Media[] {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m)
  const sessionUrl = resolve(base, attribute(session, 'control'))
  const all = sections.map((section) => mediumOf(section, sessionUrl)).filter((medium) => medium !== undefined)
  return ['video', 'audio'].flatMap((kind) => all.find((medium) => medium.kind === kind) ?? [])
}

function mediumOf(section: string, base: string): Media | undefined {
  const [, kind, payloadType] = /^m=(video|audio) \d+ RTP\/\S+ (\d+)/.exec(section) ?? []
  if ((kind !== 'video' && kind !== 'audio') || payloadType === undefined) return undefined
  const mapped = attributes(section, 'rtpmap').find((map) => map.startsWith(`${payloadType} `))
  const [encodingName = '', clockRate, channels] = (mapped?.slice(payloadType.length + 1) ?? STATIC[Number(payloadType)] ?? '').split('/')
  if (!(Number(clockRate) > 0)) return undefined
  const parameters = attributes(section, 'fmtp').find((fmtp) => fmtp.startsWith(`${payloadType} `)) ?? ''
  return {
    kind,
    encodingName: encodingName.toUpperCase(),
    clockRate: Number(clockRate),
    channels: Number(channels) || 1,
    parameters: parametersOf(parameters.slice(payloadType.length + 1)),
    control: resolve(base, attribute(section, 'control')),
  }
}

function parametersOf(fmtp: string): Record<string, string> {
  const pairs = fmtp.split(';').map((pair) => /^\s*([A-Za-z0-9-]+)\s*=\s*(.*?)\s*$/.exec(pair))
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1]!.toLowerCase(), pair[2]!]] : [])))
}

/** RTSP resolves as it always did: what is relative is put behind the base, whatever that ends with. @see RFC 2326 section C.1.1 */
function resolve(base: string, control: string | undefined): string {
  if (control === undefined || control === '*') return base
  if (/^rtsps?:/i.test(control)) return control
  const [path = '', query] = base.split('?')
  return `${path.replace(/\/$/, '')}/${control.replace(/^\//, '')}${query === undefined ? '' : `?${query}`}`
}

function attribute(section: string, name: string): string | undefined {
  return attributes(section, name)[0]
}

function attributes(section: string, name: string): string[] {
  return [...section.matchAll(new RegExp(`^a=${name}:(.*?)\\s*$`, 'gm'))].map(([, value = '']) => value)
}

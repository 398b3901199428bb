import type { types } from 'mediasoup'
import type { OfferedCodec } from './offered-codecs.ts'

/**
 * The payload types of one family of viewers. An answer must keep the numbers of the offer and mediasoup takes them from the router,
 * so viewers with equal keys share a router made with these codecs, into which the tracks of their room are piped.
 */
export type PayloadLayout = {
  /** Equal for viewers that can share a router, for example `opus=111,H264=108,VP8=96`. */
  key: string
  /** For `worker.createRouter()`. */
  mediaCodecs: types.RouterRtpCodecCapability[]
}

/** The numbers that mediasoup draws RTX payload types from, first free one first, one for each video codec (see its ortc.ts). */
const DRAWN = [...Array.from({ length: 28 }, (_, i) => 100 + i), 96, 97, 98, 99]

/** Pins each room codec to the payload type under which a viewer offers it. What can not be pinned is left out, least preferred first. */
export function layOut(pairs: readonly { room: types.RouterRtpCodecCapability; offered: OfferedCodec }[]): PayloadLayout {
  let mediaCodecs: types.RouterRtpCodecCapability[] = []
  const names: string[] = []
  for (const { room, offered } of pairs) {
    const more = [...mediaCodecs, { ...room, preferredPayloadType: offered.payloadType }].sort((a, b) => turnOf(a) - turnOf(b))
    if (drawsClash(more)) continue
    mediaCodecs = more
    names.push(`${nameOf(room)}=${offered.payloadType}`)
  }
  return { key: names.join(','), mediaCodecs }
}

/** Whether a track of this codec can be piped into the routers of this layout, which is to say: whether its viewers can play it. */
export function carries({ mediaCodecs }: PayloadLayout, codec: Pick<types.RtpCodecParameters, 'mimeType' | 'parameters'>): boolean {
  return mediaCodecs.some((known) => known.mimeType === codec.mimeType && profileOf(known) === profileOf(codec))
}

/** Audio first, since it draws nothing; then video by where its number stands in the list, so that draws stay behind. */
function turnOf({ kind, preferredPayloadType = 0 }: types.RouterRtpCodecCapability): number {
  if (kind === 'audio') return -1
  return DRAWN.includes(preferredPayloadType) ? DRAWN.indexOf(preferredPayloadType) : DRAWN.length
}

/** Whether an RTX number, which mediasoup draws although we never use it, falls on a number that a later codec needs. */
function drawsClash(codecs: readonly types.RouterRtpCodecCapability[]): boolean {
  const taken = new Set<number>()
  for (const { kind, preferredPayloadType = 0 } of codecs) {
    if (taken.has(preferredPayloadType)) return true
    taken.add(preferredPayloadType)
    const drawn = kind === 'video' ? DRAWN.find((number) => !taken.has(number)) : undefined
    if (drawn !== undefined) taken.add(drawn)
  }
  return false
}

function nameOf(codec: types.RouterRtpCodecCapability): string {
  const name = codec.mimeType.slice(codec.mimeType.indexOf('/') + 1)
  return profileOf(codec) === 0 ? name : `${name}.${profileOf(codec)}`
}

function profileOf({ parameters }: Pick<types.RtpCodecParameters, 'parameters'>): number {
  return Number(parameters?.['profile-id'] ?? 0)
}

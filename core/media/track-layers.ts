import type { Track } from '../room/track.ts'

/** One of the pictures a simulcast publisher sends of the same source. */
export type TrackLayer = {
  /** Restriction id (rid), or the layer's number when the publisher has none. */
  encodingId: string
  /** 0 for the smallest picture: what `PreferredLayers.spatial` counts. */
  spatial: number
  /** Whether its publisher sends it at the moment. */
  active: boolean
  bitrateBps: number
  /** Bits per second of each temporal layer that it has, the lowest first. */
  temporalBitratesBps: number[]
}

/** The layers of a track among which its viewers can choose, smallest first; none when there is but one. */
export async function trackLayers({ producer, bridged }: Track): Promise<TrackLayer[]> {
  const { encodings = [] } = producer.rtpParameters
  // The second stream of a bridged track is a way into the first one, not a choice.
  if (producer.type !== 'simulcast' || bridged) return []
  const streams = (await producer.getStats()).filter(({ type }) => type === 'inbound-rtp')
  return encodings.map(({ rid, ssrc }, spatial) => {
    const stream = streams.find((candidate) => (rid === undefined ? candidate.ssrc === ssrc : candidate.rid === rid))
    const bitrateBps = stream?.bitrate ?? 0
    return {
      encodingId: rid ?? String(spatial),
      spatial,
      active: bitrateBps > 0,
      bitrateBps,
      temporalBitratesBps: temporalBitrates(stream?.bitrateByLayer ?? {}),
    }
  })
}

/** mediasoup counts by `spatial.temporal`; inside one simulcast stream there is one spatial layer. */
function temporalBitrates(byLayer: Record<string, number>): number[] {
  return Object.keys(byLayer)
    .toSorted()
    .map((layer) => byLayer[layer]!)
}

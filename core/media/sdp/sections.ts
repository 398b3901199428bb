import type { types } from 'mediasoup'
import type { AnsweredSection, Decisions } from './answer.ts'
import { refused } from './lines.ts'
import type { Offer, OfferedSection } from './offer.ts'

export type MediaSection = OfferedSection & { kind: types.MediaKind }

/** The audio and video sections of an offer that are not rejected already. */
export function mediaSections(offer: Offer): MediaSection[] {
  return offer.sections.filter(
    (section): section is MediaSection => !section.rejected && (section.kind === 'audio' || section.kind === 'video'),
  )
}

/**
 * All we serve goes over one transport, with RTCP on the same port.
 *
 * @throws {MediaError} `SDP_REFUSED` when the sections are not bundled or not muxed.
 */
export function assertOneTransport(offer: Offer, sections: readonly OfferedSection[]): void {
  const unmuxed = sections.find(({ rtcpMux }) => !rtcpMux)
  if (unmuxed) throw refused('rtcp-mux is required', { mid: unmuxed.mid })
  const alone = sections.find(({ mid }) => !offer.bundle.includes(mid))
  if (alone && sections.length > 1) throw refused('sections must be bundled', { mid: alone.mid })
}

/** What is decided, and every other media section kept without use: rejecting it could reject the one that leads the bundle. */
export function withInactive(offer: Offer, decided: Decisions): Decisions {
  const inactive = mediaSections(offer).flatMap(({ mid, codecs }): [string, AnsweredSection][] =>
    codecs[0] ? [[mid, { direction: 'inactive', codecs: [{ ...codecs[0], parameters: {}, rtcpFeedback: [] }] }]] : [],
  )
  return new Map([...inactive, ...decided])
}

/** One track of a source: what its RTP holds. */
export type TrackFormat = {
  kind: 'video' | 'audio'
  /** As in the RTP MIME type, in capitals: `H264`, `MPEG4-GENERIC`. */
  encodingName: string
  clockRate: number
  channels: number
  /** Of `a=fmtp`, with names in small letters. */
  parameters: Readonly<Record<string, string>>
  /** It was something else before it came here. */
  isTranscoded?: boolean
}

/** Why a source gives nothing more. `COMPLETE`: a file was played to its end. */
export type SourceEnd = { reason: 'COMPLETE' | 'LOST'; detail: string }

/** What hears a source. */
export type SourceListener = {
  /** A track is there; its packets follow. */
  track(index: number, format: TrackFormat): void
  /** @param packet RTP, the header included. */
  packet(index: number, packet: Buffer): void
  /** What RTP time of a track stands for what wall clock time of the sender, in milliseconds. */
  report(index: number, rtpTime: number, wallClockMs: number): void
  /** Once. */
  ended(end: SourceEnd): void
}

/** Somebody else's media while it is being pulled. */
export interface Source {
  /** Asks for a keyframe of its video; most can not be asked. */
  requestKeyframe(): void
  close(): void
}

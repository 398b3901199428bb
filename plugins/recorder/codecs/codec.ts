/** One picture, or one packet of sound, as Matroska holds it. */
export type Frame = { readonly data: Buffer; readonly isKeyframe: boolean }

/** What a decoder, and a file's header, need to know of a track. */
export type Setup = {
  readonly private?: Buffer
  readonly widthPx?: number
  readonly heightPx?: number
  readonly sampleRate?: number
  readonly channels?: number
}

/** How one codec travels in RTP, and lies in a file. */
export interface Codec {
  readonly kind: 'audio' | 'video'
  /** As tracks name it, in capitals: `H264`. */
  readonly name: string
  /** @see https://www.matroska.org/technical/codec_specs.html */
  readonly matroskaId: string
  /** One frame out of all its payloads; undefined when they are none. */
  frame(payloads: readonly Buffer[]): Frame | undefined
  /** What a keyframe says of all that follows; undefined when it is broken. */
  setup(keyframe: Buffer): Setup | undefined
}

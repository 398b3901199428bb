/** What a sequence header says about the picture, whatever its codec. */
export interface VideoConfig {
  /** As the codec numbers them. */
  profile: number
  widthPx: number | undefined
  heightPx: number | undefined
  framesPerSecond: number | undefined
  /** How many frames may be shown later than decoded: 0 rules B-frames out. */
  maxReorderFrames: number | undefined
  /** Whether the colours are of a kind that every WebRTC decoder of this codec knows. */
  isPlainColour: boolean
}

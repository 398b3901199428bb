import type { MediaMessage } from './protocol/flv.ts'
import type { VideoTag } from './protocol/video-tag.ts'

/** One of the ways that video takes from its encoder to the viewers. */
export interface VideoPath {
  /** The sequence header, at the beginning and whenever it changes. */
  configure(message: MediaMessage): void
  frame(message: MediaMessage, tag: VideoTag): void
  /** A viewer waits for a keyframe of this stream of the track. */
  keyframeWanted(ssrc: number): void
  /** How many viewers are not on the source yet. */
  bridgeViewers(count: number): void
  close(): void
}

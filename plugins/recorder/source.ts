import type { EventEmitter } from 'node:events'

/** Media of one codec each, as they begin a file: `{ video: 'H264', audio: 'OPUS' }`. */
export type Codecs = { readonly video?: string; readonly audio?: string }

/**
 * Where the next file of a segment goes, which it is asked for before every file that it begins. What was written before stays.
 *
 * @param codecs What will be in it.
 * @returns An absolute path; there is no such file yet.
 */
export type NextFile = (codecs: Codecs) => Promise<string>

/** One run of whatever writes Matroska files of a source, one after the other. */
export interface Segment {
  /**
   * `ended` once, by itself: what writes it died, its disk is full, or what it copies has gone. `begun` when a file has
   * begun; `whole` when one is finished and nothing more comes into it.
   */
  readonly events: EventEmitter<{ begun: [file: string]; whole: [file: string]; ended: [cause: string] }>
  readonly ended: boolean
  /** Goes on in another file from the next keyframe on, which is asked for. No frame is lost, and none is in both. */
  cut(): void
  /** A picture of what is shown now, as JPEG; undefined when there is none. */
  picture(): Promise<Buffer | undefined>
  /** Finishes the file. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** What a recording records: a participant, or everybody in a room. It may go and come back. */
export interface Source {
  /** `changed` whenever `key` did. */
  readonly events: EventEmitter<{ changed: [] }>
  /** Names what there is to record at the moment: with another key, another segment begins. Undefined: nothing, it has gone. */
  readonly key: string | undefined
  /** Whether more is to be expected within moments, such as the picture of one whose sound is there already. */
  readonly isGathering: boolean
  /** @returns Whether it is there at all. */
  look(): Promise<boolean>
  /** @throws {MediaError} `CODEC_UNSUPPORTED`, `TRACK_NOT_FOUND` or `PIPELINE_FAILED`. */
  open(next: NextFile): Promise<Segment>
  close(): Promise<void>
}

import type { MediaMessage } from './protocol/flv.ts'

/** One of the ways that sound takes from its encoder to the viewers. */
export interface AudioPath {
  /** The sequence header, at the beginning and whenever it changes. */
  configure(message: MediaMessage): void
  frame(message: MediaMessage): void
  close(): void
}

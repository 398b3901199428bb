import { MediaError } from '../../../core/kernel/errors.ts'
import { opus, pcma, pcmu } from './audio.ts'
import { av1 } from './av1.ts'
import type { Codec } from './codec.ts'
import { h264 } from './h264.ts'
import { vp8 } from './vp8.ts'
import { vp9 } from './vp9.ts'

/** Everything that rooms carry. */
const CODECS: ReadonlyMap<string, Codec> = new Map([h264, vp8, vp9, av1, opus, pcmu, pcma].map((codec) => [codec.name, codec]))

/** @param name As a track names it. @throws {MediaError} `CODEC_UNSUPPORTED` */
export function codecOf(name: string): Codec {
  const codec = CODECS.get(name.toUpperCase())
  if (!codec) throw new MediaError('CODEC_UNSUPPORTED', { codec: name })
  return codec
}

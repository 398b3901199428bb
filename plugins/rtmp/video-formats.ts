import type { RtpIngestOptions } from '../../core/ingress/rtp-ingest.ts'
import { H264_CODEC } from '../kit/rtp/track-codecs.ts'
import { parseAv1Config } from './protocol/av1-config.ts'
import { parseAvcConfig } from './protocol/avc-config.ts'
import type { VideoConfig } from './protocol/video-config.ts'
import type { VideoCodec } from './protocol/video-tag.ts'
import { parseVp9Config } from './protocol/vp9-config.ts'
import { Av1Packer } from './rtp/av1-payload.ts'
import { H264Packer } from './rtp/h264-packer.ts'
import type { Packer } from './rtp/packer.ts'
import { Vp9Packer } from './rtp/vp9-payload.ts'
import { AV1_CODEC, VP9_CODEC } from './track-codecs.ts'

/** What is particular to one codec that goes through. */
export type VideoFormat = {
  /** As people call it. */
  title: string
  codec: RtpIngestOptions['codec']
  /** Reads the sequence header; undefined when it is malformed. */
  parse(record: Buffer): VideoConfig | undefined
  packer(): Packer
  /** Whether the pipelines here read it, so that it can be bridged and transcoded. */
  isDecodable: boolean
}

/** Every codec that viewers in browsers can be sent. */
export const VIDEO_FORMATS: Partial<Record<VideoCodec, VideoFormat>> = {
  H264: { title: 'H.264', codec: H264_CODEC, parse: parseAvcConfig, packer: () => new H264Packer(), isDecodable: true },
  AV1: { title: 'AV1', codec: AV1_CODEC, parse: parseAv1Config, packer: () => new Av1Packer(), isDecodable: false },
  VP9: { title: 'VP9', codec: VP9_CODEC, parse: parseVp9Config, packer: () => new Vp9Packer(), isDecodable: false },
}

import { MediaError } from '../../../core/kernel/errors.ts'
import { BitReader } from './bits.ts'

export type AudioCodec =
  | 'AAC'
  | 'OPUS'
  | 'MP3'
  | 'FLAC'
  | 'AC3'
  | 'EAC3'
  | 'PCM'
  | 'ADPCM'
  | 'PCMA'
  | 'PCMU'
  | 'SPEEX'
  | 'NELLYMOSER'
  | 'UNKNOWN'

/** The head of an audio message. */
export interface AudioTag {
  codec: AudioCodec
  packet: 'SEQUENCE_HEADER' | 'FRAME' | 'SEQUENCE_END' | 'OTHER'
  enhanced: boolean
  /** Where the codec's own data begins in the payload. */
  dataOffset: number
}

const LEGACY: readonly AudioCodec[] = [
  'PCM',
  'ADPCM',
  'MP3',
  'PCM',
  'NELLYMOSER',
  'NELLYMOSER',
  'NELLYMOSER',
  'PCMA',
  'PCMU',
  'UNKNOWN',
  'AAC',
  'SPEEX',
  'UNKNOWN',
  'UNKNOWN',
  'MP3',
  'UNKNOWN',
]
const ENHANCED = 9
const FOURCC: Readonly<Record<string, AudioCodec>> = {
  mp4a: 'AAC',
  Opus: 'OPUS',
  '.mp3': 'MP3',
  fLaC: 'FLAC',
  'ac-3': 'AC3',
  'ec-3': 'EAC3',
}

/**
 * Reads the head of an audio message, classic or enhanced.
 *
 * @returns undefined when the message is empty or ends within its head: to be skipped.
 * @throws {MediaError} `CODEC_UNSUPPORTED` for multitrack and modified (ModEx) packets.
 * @see FLV 10.1 section E.4.2; Enhanced RTMP v2, "Enhanced Audio"
 */
export function parseAudioTag(payload: Buffer): AudioTag | undefined {
  const first = payload[0]
  if (first === undefined) return undefined
  const format = first >> 4
  if (format === ENHANCED) return parseEnhanced(payload, first & 0x0f)
  const codec = LEGACY[format] ?? 'UNKNOWN'
  if (codec !== 'AAC') return { codec, packet: 'FRAME', enhanced: false, dataOffset: 1 }
  if (payload.length < 2) return undefined
  return { codec, packet: payload[1] === 0 ? 'SEQUENCE_HEADER' : 'FRAME', enhanced: false, dataOffset: 2 }
}

function parseEnhanced(payload: Buffer, packetType: number): AudioTag | undefined {
  if (packetType === 5) throw new MediaError('CODEC_UNSUPPORTED', { reason: 'multitrack RTMP audio is not taken; send one track' })
  if (packetType === 7) throw new MediaError('CODEC_UNSUPPORTED', { reason: 'modified (ModEx) RTMP audio packets are not taken' })
  if (payload.length < 5) return undefined
  const codec = FOURCC[payload.toString('latin1', 1, 5)] ?? 'UNKNOWN'
  const packet = (['SEQUENCE_HEADER', 'FRAME', 'SEQUENCE_END'] as const)[packetType] ?? 'OTHER'
  return { codec, packet, enhanced: true, dataOffset: 5 }
}

/** What an AAC sequence header says. */
export interface AacConfig {
  /** 2 is AAC-LC, 5 and 29 are HE-AAC. */
  objectType: number
  sampleRateHz: number
  /** Channel configuration: 1 mono, 2 stereo, 6 is 5.1; 0 when described elsewhere. */
  channels: number
}

const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350]

/** Reads an AudioSpecificConfig; undefined when it is malformed. @see ISO/IEC 14496-3 section 1.6.2.1 */
export function parseAacConfig(data: Buffer): AacConfig | undefined {
  const bits = new BitReader(data)
  let objectType = bits.bits(5)
  if (objectType === 31) objectType = 32 + bits.bits(6)
  const index = bits.bits(4)
  const sampleRateHz = index === 15 ? bits.bits(24) : SAMPLE_RATES[index]
  const channels = bits.bits(4)
  return sampleRateHz === undefined || bits.overrun ? undefined : { objectType, sampleRateHz, channels }
}

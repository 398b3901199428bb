import type { RtpIngestOptions } from '../../core/ingress/rtp-ingest.ts'

/** Browsers offer few profiles by name and decode the others as well: all H.264 is declared as what every one of them offers. */
export const H264_CODEC: RtpIngestOptions['codec'] = {
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
}

export const AV1_CODEC: RtpIngestOptions['codec'] = { mimeType: 'video/AV1', clockRate: 90_000 }

export const VP9_CODEC: RtpIngestOptions['codec'] = { mimeType: 'video/VP9', clockRate: 90_000, parameters: { 'profile-id': 0 } }

export const OPUS_CODEC: RtpIngestOptions['codec'] = {
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1, 'sprop-stereo': 1 },
}

/** FourCCs of what may come in the enhanced form. */
export const FOUR_CCS = { video: ['avc1', 'av01', 'vp09'], audio: ['mp4a', 'Opus'] } as const

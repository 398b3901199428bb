import type { RtpIngestOptions } from '../../../core/ingress/rtp-ingest.ts'

/** Browsers offer few profiles by name and decode the others as well: all H.264 is declared as what every one of them offers. */
export const H264_CODEC: RtpIngestOptions['codec'] = {
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
}

export const OPUS_CODEC: RtpIngestOptions['codec'] = {
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1, 'sprop-stereo': 1 },
}

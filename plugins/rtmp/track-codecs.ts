import type { RtpIngestOptions } from '../../core/ingress/rtp-ingest.ts'

export const AV1_CODEC: RtpIngestOptions['codec'] = { mimeType: 'video/AV1', clockRate: 90_000 }

export const VP9_CODEC: RtpIngestOptions['codec'] = { mimeType: 'video/VP9', clockRate: 90_000, parameters: { 'profile-id': 0 } }

/** FourCCs of what may come in the enhanced form. */
export const FOUR_CCS = { video: ['avc1', 'av01', 'vp09'], audio: ['mp4a', 'Opus'] } as const

import type { types } from 'mediasoup'

/** What every H.264 track is declared as inside Patchbay, whatever profile, level or packetization mode its sender names. */
export const H264_DECLARED = { 'level-asymmetry-allowed': 1, 'packetization-mode': 1, 'profile-level-id': '42e01f' } as const

/**
 * What the router of every room accepts and can send, in order of preference.
 *
 * mediasoup matches H.264 profiles literally, yet decoders play more than they name: one declaration (see {@link H264_DECLARED})
 * lets every viewer with H.264 watch every encoder. Payload types are fixed, and leave room for the RTX numbers (100 to 127, then
 * 96 to 99, the first free one) that mediasoup draws for each video codec. H.265 is missing because mediasoup has none.
 */
export const roomCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 100, parameters: { useinbandfec: 1 } },
  { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, preferredPayloadType: 110, parameters: H264_DECLARED },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 112 },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90_000, preferredPayloadType: 114, parameters: { 'profile-id': 0 } },
  { kind: 'video', mimeType: 'video/AV1', clockRate: 90_000, preferredPayloadType: 116 },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90_000, preferredPayloadType: 118, parameters: { 'profile-id': 2 } },
  { kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, preferredPayloadType: 0 },
  { kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8_000, channels: 1, preferredPayloadType: 8 },
]

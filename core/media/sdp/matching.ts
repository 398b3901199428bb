import type { types } from 'mediasoup'
import type { OfferedCodec } from './offered-codecs.ts'

type Codec = Pick<types.RtpCodecCapability, 'mimeType' | 'clockRate' | 'channels' | 'parameters'>

/**
 * Whether what is offered can travel as this codec of a room. Any H.264 of baseline, main or high profile and either packetization
 * mode can: receivers read all of them, and mediasoup never looks inside.
 */
export function canTravelAs(offered: OfferedCodec, room: Codec): boolean {
  if (offered.mimeType !== room.mimeType || offered.clockRate !== room.clockRate) return false
  switch (offered.mimeType) {
    case 'video/H264': {
      const { 'profile-level-id': profile = '42e01f', 'packetization-mode': mode = 0 } = offered.parameters
      return /^(42|4d|64)[0-9a-f]{4}$/i.test(String(profile)) && (mode === 0 || mode === 1)
    }
    case 'video/VP9':
      return (offered.parameters['profile-id'] ?? 0) === (room.parameters?.['profile-id'] ?? 0)
    case 'video/AV1':
      return (offered.parameters.profile ?? 0) === 0
    default:
      return (offered.channels ?? 1) === (room.channels ?? 1)
  }
}

/** The offered payload type that serves a viewer best for this codec of a room. */
export function bestMatch(offered: readonly OfferedCodec[], room: Codec): OfferedCodec | undefined {
  return offered.filter((codec) => canTravelAs(codec, room)).sort((a, b) => h264Rank(a) - h264Rank(b))[0]
}

/** Lower is better: fragmented packets first (encoders send them), then constrained baseline, which viewers name when they have hardware for all. */
function h264Rank({ mimeType, parameters }: OfferedCodec): number {
  if (mimeType !== 'video/H264') return 0
  const constrainedBaseline = /^42[c-f]/i.test(String(parameters['profile-level-id'] ?? ''))
  return (parameters['packetization-mode'] === 1 ? 0 : 2) + (constrainedBaseline ? 0 : 1)
}

/** The format parameters of an answer: what the offer said, less what only concerns the side that wrote it. */
export function answeredParameters({ mimeType, parameters }: OfferedCodec): Record<string, string | number> {
  switch (mimeType) {
    case 'video/H264':
      return {
        'level-asymmetry-allowed': 1,
        'packetization-mode': parameters['packetization-mode'] ?? 0,
        'profile-level-id': parameters['profile-level-id'] ?? '42e01f',
      }
    case 'audio/opus': {
      // A browser sends stereo, or pauses in silence, only when the answer asks for it.
      const stereo = parameters.stereo === 1 || parameters['sprop-stereo'] === 1
      return {
        minptime: 10,
        useinbandfec: 1,
        ...(stereo && { stereo: 1, 'sprop-stereo': 1 }),
        ...(parameters.usedtx === 1 && { usedtx: 1 }),
      }
    }
    case 'video/VP9':
      return { 'profile-id': parameters['profile-id'] ?? 0 }
    case 'video/AV1':
      return Object.fromEntries(Object.entries(parameters).filter(([name]) => ['profile', 'level-idx', 'tier'].includes(name)))
    default:
      return {}
  }
}

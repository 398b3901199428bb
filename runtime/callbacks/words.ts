import type { Track, TrackSource } from '../../core/room/track.ts'

/** StreamHub's words for ours, as callbacks have them. */

const STREAM_TYPES: Readonly<Record<string, string>> = { RTMP: 'rtmp', WHIP: 'whip', RTSP: 'rtsp', URL: 'rtsp', WS_MJPEG: 'ws-mjpeg' }
const INPUT_TYPES: Readonly<Record<string, string>> = { RTMP: 'RTMP_INPUT', WHIP: 'WHIP_INPUT', RTSP: 'URL_INPUT', URL: 'URL_INPUT' }
const SOURCES: Readonly<Record<TrackSource, string>> = {
  CAMERA: 'CAMERA',
  MICROPHONE: 'MICROPHONE',
  SCREEN: 'SCREEN_SHARE',
  SCREEN_AUDIO: 'SCREEN_SHARE_AUDIO',
}

export function streamType(kind: string): string {
  return STREAM_TYPES[kind] ?? 'webrtc'
}

/** Undefined for ways in that StreamHub does not count among its ingresses. */
export function inputType(protocol: string): string | undefined {
  return INPUT_TYPES[protocol]
}

/** Encoders do not say what they film or hear. */
export function trackSource(kind: Track['kind'], source: TrackSource | undefined): string {
  return SOURCES[source ?? (kind === 'video' ? 'CAMERA' : 'MICROPHONE')]
}

/** StreamHub's words for the ways in. Whatever else joins a room by itself is `webrtc` to it. */
const TYPES: Readonly<Record<string, string>> = {
  RTMP: 'rtmp',
  WHIP: 'whip',
  WEBRTC: 'webrtc',
  RTSP: 'rtsp',
  URL: 'rtsp',
  WS_MJPEG: 'ws-mjpeg',
}

/** The type of a stream. @param kind How its publisher came in. */
export function streamType(kind: string): string {
  return TYPES[kind] ?? 'webrtc'
}

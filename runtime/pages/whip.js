import { exchange, release } from './sdp-exchange.js'

/** One WHIP session: sends a camera, a screen or any other `MediaStream` into a room. */
export class WhipSession {
  /** @type {string | undefined} */
  #resource
  #token
  #gone = new AbortController()

  /**
   * @param {MediaStream} stream
   * @param {{ url: string, token?: string | undefined, signal?: AbortSignal, maxBitrateBps?: number, videoType?: string }} options
   *   `videoType`: the codec to send if the server takes it. H.264 is what recordings, HLS and restreams carry on without transcoding.
   * @throws {import('./http.js').HttpError} when the server refuses.
   */
  static async open(stream, { url, token, signal, maxBitrateBps = 2_500_000, videoType = 'video/H264' }) {
    const session = new WhipSession(token)
    try {
      for (const track of stream.getTracks()) session.#send(track, stream, maxBitrateBps, videoType)
      const { resource } = await exchange(session.pc, { url, token, signal, stereo: true })
      session.#resource = resource
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** @param {string | undefined} token */
  constructor(token) {
    this.#token = token
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  }

  /** Aborts when the session is closed here. */
  get signal() {
    return this.#gone.signal
  }

  /** Ends the session here and on the server; the tracks stay the caller's. Calling it again does nothing. */
  close() {
    if (this.signal.aborted) return
    this.#gone.abort()
    this.pc.close()
    release(this.#resource, this.#token)
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {MediaStream} stream
   * @param {number} maxBitrateBps
   * @param {string} videoType
   */
  #send(track, stream, maxBitrateBps, videoType) {
    const video = track.kind === 'video'
    const transceiver = this.pc.addTransceiver(track, {
      direction: 'sendonly',
      streams: [stream],
      ...(video && { sendEncodings: [{ maxBitrate: maxBitrateBps }] }),
    })
    if (video) prefer(transceiver, videoType)
  }
}

/**
 * @param {RTCRtpTransceiver} transceiver
 * @param {string} videoType
 */
function prefer(transceiver, videoType) {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
  const isPreferred = (/** @type {{ mimeType: string }} */ { mimeType }) => mimeType.toLowerCase() === videoType.toLowerCase()
  transceiver.setCodecPreferences?.([...codecs.filter(isPreferred), ...codecs.filter((codec) => !isPreferred(codec))])
}

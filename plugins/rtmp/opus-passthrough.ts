import { MediaError } from '../../core/kernel/errors.ts'
import type { RtpStream } from '../kit/rtp/rtp-sender.ts'
import type { AudioPath } from './audio-path.ts'
import type { MediaMessage } from './protocol/flv.ts'
import { opusDurationMs } from './protocol/opus.ts'

/** Where a message of Opus holds its data. */
const DATA_OFFSET = 5
/** RTP can not split a packet of Opus, and a longer one does not fit through the networks that lead to a browser. */
const MAX_PACKET_BYTES = 1_400
/** Further off than this the encoder's own time counts, in milliseconds. */
const MAX_DRIFT_MS = 20

/** Sends Opus on as it is, each packet in one of RTP. */
export class OpusPassthrough implements AudioPath {
  readonly #stream: RtpStream
  /** When the packet before ends, in milliseconds of session time. */
  #endMs = Number.NEGATIVE_INFINITY

  constructor(stream: RtpStream) {
    this.#stream = stream
  }

  /** Every packet says by itself how to read it. */
  configure(): void {}

  /** @throws {MediaError} `CODEC_UNSUPPORTED` for packets that are too long to be sent on. */
  frame({ payload, timestampMs }: MediaMessage): void {
    const packet = payload.subarray(DATA_OFFSET)
    if (packet.length > MAX_PACKET_BYTES)
      throw new MediaError('CODEC_UNSUPPORTED', {
        codec: 'OPUS',
        reason: `a packet has ${packet.length} bytes; send frames of 20 ms, or a lower bitrate`,
      })
    // RTMP rounds times to milliseconds; packets that overlap by one are thrown away by players.
    const sessionMs = Math.abs(timestampMs - this.#endMs) < MAX_DRIFT_MS ? this.#endMs : timestampMs
    this.#endMs = sessionMs + opusDurationMs(packet)
    this.#stream.send([packet], sessionMs, false)
  }

  close(): void {}
}

import type { Emit } from '../../kit/rtp/h264-payload.ts'
import { packFrame } from '../../kit/rtp/h264-payload.ts'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import { nalLengthBytes, nalUnits, parameterSets } from './avcc.ts'
import type { Packer } from './packer.ts'

/** H.264, with the parameter sets of its sequence header in band. */
export class H264Packer implements Packer {
  #sets: Buffer[] = []
  #lengthBytes = 4

  configure(record: Buffer): void {
    this.#sets = parameterSets(record)
    this.#lengthBytes = nalLengthBytes(record)
  }

  pack(frame: Buffer, _isKeyframe: boolean, emit: Emit): void {
    packFrame(nalUnits(frame, this.#lengthBytes), this.#sets, MAX_PAYLOAD_BYTES, emit)
  }
}

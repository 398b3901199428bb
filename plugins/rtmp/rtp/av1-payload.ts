import type { Emit } from '../../kit/rtp/h264-payload.ts'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import { sequenceHeaderOf } from '../protocol/av1-config.ts'
import { leb128, ObuType, obuType, readObus } from '../protocol/obu.ts'
import type { Packer } from './packer.ts'

const CONTINUES = 0x80
const GOES_ON = 0x40
const STARTS_SEQUENCE = 0x08
/** With more elements than this in a packet, each of them tells its length, the last one too. */
const MOST_COUNTED = 3
/** Of what a packet can hold: two bytes for any of these. */
const LENGTH_BYTES = 2

/** Never sent: RTP's marker stands for the delimiter, and nobody shows the others. */
const LEFT_OUT: readonly number[] = [ObuType.TEMPORAL_DELIMITER, ObuType.TILE_LIST, ObuType.PADDING]

/** AV1; a keyframe that lacks a sequence header gets the one that the encoder sent ahead. */
export class Av1Packer implements Packer {
  #sequenceHeader: Buffer | undefined

  configure(record: Buffer): void {
    this.#sequenceHeader = sequenceHeaderOf(record)
  }

  pack(frame: Buffer, isKeyframe: boolean, emit: Emit): void {
    const obus = readObus(frame).filter((obu) => !LEFT_OUT.includes(obuType(obu)))
    const hasHeader = obus.some((obu) => obuType(obu) === ObuType.SEQUENCE_HEADER)
    if (isKeyframe && !hasHeader && this.#sequenceHeader) obus.unshift(this.#sequenceHeader)
    packTemporalUnit(obus, isKeyframe, MAX_PAYLOAD_BYTES, emit)
  }
}

/**
 * Splits one temporal unit of AV1 into RTP payloads. Every packet but the last ends within an OBU: browsers take one that ends
 * with an OBU for the end of the frame.
 *
 * @param obus Each without a size of its own.
 * @param startsSequence Whether it begins with a keyframe and can be decoded without what came before.
 * @param maxBytes Longest payload, less than 16384.
 * @see RTP Payload Format For AV1, section 4
 */
export function packTemporalUnit(obus: readonly Buffer[], startsSequence: boolean, maxBytes: number, emit: Emit): void {
  let elements: Buffer[] = []
  let freeBytes = maxBytes - 1
  let flags = startsSequence ? STARTS_SEQUENCE : 0
  const flush = (goesOn: boolean, last: boolean) => {
    emit(payloadOf(elements, flags | (goesOn ? GOES_ON : 0)), last)
    elements = []
    freeBytes = maxBytes - 1
    flags = goesOn ? CONTINUES : 0
  }
  obus.forEach((obu, index) => {
    const isLast = index === obus.length - 1
    for (let rest = obu; rest.length > 0; ) {
      const roomBytes = freeBytes - LENGTH_BYTES
      // The next OBU has to have room for its beginning.
      const fits = rest.length + (isLast ? 0 : LENGTH_BYTES + 1) <= roomBytes
      const piece = rest.subarray(0, fits ? rest.length : Math.max(1, Math.min(roomBytes, rest.length - 1)))
      elements.push(piece)
      freeBytes -= LENGTH_BYTES + piece.length
      rest = rest.subarray(piece.length)
      if (!fits || isLast) flush(rest.length > 0, isLast && rest.length === 0)
    }
  })
}

function payloadOf(elements: readonly Buffer[], flags: number): Buffer[] {
  const count = elements.length <= MOST_COUNTED ? elements.length : 0
  const payload: Buffer[] = [Buffer.of(flags | (count << 4))]
  elements.forEach((element, index) => {
    if (index < count - 1 || count === 0) payload.push(leb128(element.length))
    payload.push(element)
  })
  return payload
}

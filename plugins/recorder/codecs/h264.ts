import type { Codec } from './codec.ts'
import { pictureSize } from './h264-sps.ts'

const TYPE = 0x1f
const IDR = 5
const SPS = 7
const PPS = 8
const STAP_A = 24
const FU_A = 28

/**
 * Parameter sets stay where they came, in front of each keyframe: so a file plays on when its picture changes size, and any keyframe is
 * a place to begin at.
 */
export const h264: Codec = {
  kind: 'video',
  name: 'H264',
  matroskaId: 'V_MPEG4/ISO/AVC',

  frame(payloads) {
    const units = unitsOf(payloads)
    if (!units.some((unit) => typeOf(unit) >= 1 && typeOf(unit) <= IDR)) return undefined
    const pieces = units.flatMap((unit) => {
      const length = Buffer.allocUnsafe(4)
      length.writeUInt32BE(unit.length)
      return [length, unit]
    })
    return { data: Buffer.concat(pieces), isKeyframe: units.some((unit) => typeOf(unit) === IDR) }
  },

  setup(keyframe) {
    const units = prefixed(keyframe)
    const sps = units.find((unit) => typeOf(unit) === SPS)
    const pps = units.find((unit) => typeOf(unit) === PPS)
    if (!sps || !pps || sps.length < 4) return undefined
    return { private: configuration(sps, pps), ...pictureSize(sps) }
  },
}

const typeOf = (unit: Buffer) => unit[0]! & TYPE

/** @see RFC 6184 sections 5.6 to 5.8 */
function unitsOf(payloads: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = []
  let fragments: Buffer[] = []
  for (const payload of payloads) {
    const type = payload[0]! & TYPE
    if (type === STAP_A) units.push(...aggregated(payload))
    else if (type !== FU_A) units.push(payload)
    else if (payload.length > 2) {
      const header = payload[1]!
      if ((header & 0x80) !== 0) fragments = [Buffer.of((payload[0]! & 0xe0) | (header & TYPE))]
      fragments.push(payload.subarray(2))
      if ((header & 0x40) === 0) continue
      units.push(Buffer.concat(fragments))
      fragments = []
    }
  }
  return units.filter(({ length }) => length > 0)
}

function aggregated(payload: Buffer): Buffer[] {
  const units: Buffer[] = []
  for (let at = 1; at + 2 < payload.length; ) {
    const end = at + 2 + payload.readUInt16BE(at)
    if (end > payload.length) break
    units.push(payload.subarray(at + 2, end))
    at = end
  }
  return units
}

function prefixed(frame: Buffer): Buffer[] {
  const units: Buffer[] = []
  for (let at = 0; at + 4 < frame.length; ) {
    const end = at + 4 + frame.readUInt32BE(at)
    units.push(frame.subarray(at + 4, end))
    at = end
  }
  return units
}

/** @see ISO/IEC 14496-15 section 5.3.3.1: AVCDecoderConfigurationRecord */
function configuration(sps: Buffer, pps: Buffer): Buffer {
  const sized = (unit: Buffer) => Buffer.concat([Buffer.of(unit.length >> 8, unit.length & 0xff), unit])
  return Buffer.concat([Buffer.of(1, sps[1]!, sps[2]!, sps[3]!, 0xff, 0xe1), sized(sps), Buffer.of(1), sized(pps)])
}

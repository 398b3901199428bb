/** Takes one RTP payload in pieces; `last` marks the end of a frame. */
export type Emit = (payload: Buffer[], last: boolean) => void

const TYPE = 0x1f
const NRI = 0x60
const IDR = 5
const SPS = 7
const PPS = 8
const DELIMITER = 9
const FILLER = 12
const STAP_A = 24
const FU_A = 28
const FU_START = 0x80
const FU_END = 0x40

/**
 * Splits one frame of H.264 into RTP payloads. A keyframe starts with its parameter sets, its own if it brings any; delimiters
 * and padding stay behind.
 *
 * @param sets SPS and PPS for keyframes that bring none.
 * @param maxBytes Longest payload.
 * @see RFC 6184 sections 5.6 to 5.8
 */
export function packFrame(units: readonly Buffer[], sets: readonly Buffer[], maxBytes: number, emit: Emit): void {
  const own = units.filter((unit) => isSet(unit))
  const picture = units.filter((unit) => !isSet(unit) && typeOf(unit) !== DELIMITER && typeOf(unit) !== FILLER)
  const leading = own.length > 0 ? own : picture.some((unit) => typeOf(unit) === IDR) ? sets : []
  packSets(leading, maxBytes, picture.length === 0, emit)
  picture.forEach((unit, index) => {
    packUnit(unit, maxBytes, index === picture.length - 1, emit)
  })
}

/** Parameter sets travel in one packet: whoever waits for a keyframe recognises its beginning by them. */
function packSets(sets: readonly Buffer[], maxBytes: number, last: boolean, emit: Emit): void {
  if (sets.length === 0) return
  const totalBytes = sets.reduce((sum, set) => sum + 2 + set.length, 1)
  if (sets.length === 1 || totalBytes > maxBytes) {
    sets.forEach((set, index) => {
      packUnit(set, maxBytes, last && index === sets.length - 1, emit)
    })
    return
  }
  const nri = Math.max(...sets.map((set) => set[0]! & NRI))
  const payload: Buffer[] = [Buffer.of(nri | STAP_A)]
  for (const set of sets) payload.push(Buffer.of(set.length >> 8, set.length & 0xff), set)
  emit(payload, last)
}

function packUnit(unit: Buffer, maxBytes: number, last: boolean, emit: Emit): void {
  if (unit.length <= maxBytes) {
    emit([unit], last)
    return
  }
  const indicator = (unit[0]! & NRI) | FU_A
  const type = unit[0]! & TYPE
  const step = maxBytes - 2
  for (let at = 1; at < unit.length; at += step) {
    const ends = at + step >= unit.length
    const flags = (at === 1 ? FU_START : 0) | (ends ? FU_END : 0)
    emit([Buffer.of(indicator, flags | type), unit.subarray(at, at + step)], last && ends)
  }
}

function isSet(unit: Buffer): boolean {
  const type = typeOf(unit)
  return type === SPS || type === PPS
}

function typeOf(unit: Buffer): number {
  return unit[0]! & TYPE
}

import { ID } from './ebml.ts'

/** Elements whose content is read one by one. */
const CONTAINERS = new Set<number>([ID.segment, ID.cluster, ID.blockGroup, ID.tracks])
/** Nothing that is read whole is larger. */
const MAX_ELEMENT_BYTES = 32 << 20

export type Element = { readonly id: number; readonly data: Buffer }

/**
 * Reads the elements of a Matroska file one by one: containers when they begin, without content; all others whole. What a crash left
 * half-written at its end is left out.
 */
export async function* elementsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Element> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (let head = headAt(rest, at); head; head = headAt(rest, at)) {
      const { id, size, begin } = head
      if (CONTAINERS.has(id)) {
        yield { id, data: rest.subarray(begin, begin) }
        at = begin
        continue
      }
      if (size > MAX_ELEMENT_BYTES) return
      if (begin + size > rest.length) break
      yield { id, data: rest.subarray(begin, begin + size) }
      at = begin + size
    }
    rest = rest.subarray(at)
  }
}

/** The elements of a small element that is there whole. */
export function childrenOf(data: Buffer): Element[] {
  const children: Element[] = []
  let at = 0
  for (let head = headAt(data, at); head; head = headAt(data, at)) {
    at = head.begin + head.size
    children.push({ id: head.id, data: data.subarray(head.begin, at) })
  }
  return children
}

export function numberOf(data: Buffer): number {
  return data.reduce((value, byte) => value * 256 + byte, 0)
}

/** @see RFC 8794 sections 4 and 5 */
function headAt(data: Buffer, at: number): { id: number; size: number; begin: number } | undefined {
  const idBytes = lengthAt(data, at, 4)
  if (idBytes === undefined) return undefined
  const sizeBytes = lengthAt(data, at + idBytes, 8)
  if (sizeBytes === undefined || at + idBytes + sizeBytes > data.length) return undefined
  const id = data.readUIntBE(at, idBytes)
  const begin = at + idBytes + sizeBytes
  let size = data[at + idBytes]! & (0xff >> sizeBytes)
  for (let index = at + idBytes + 1; index < begin; index++) size = size * 256 + data[index]!
  return { id, size, begin }
}

/** How many bytes a number of variable length takes; Infinity-like ones of broken files end the reading. */
function lengthAt(data: Buffer, at: number, max: number): number | undefined {
  const first = data[at]
  if (first === undefined) return undefined
  const bytes = Math.clz32(first) - 23
  return bytes > max ? undefined : bytes
}

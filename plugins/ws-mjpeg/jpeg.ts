const MARKER = 0xff
const START_OF_IMAGE = 0xd8
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

export type PictureSize = { readonly widthPx: number; readonly heightPx: number }

/** Whether it begins as a JPEG does; a camera's faults further in are its viewers' to see. */
export function isJpeg(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes[0] === MARKER && bytes[1] === START_OF_IMAGE
}

/** From the frame header; undefined when there is none that makes sense. @see ITU-T T.81 sections B.1.1 and B.2.2 */
export function sizeOf(jpeg: Buffer): PictureSize | undefined {
  let at = 2
  while (at + 9 <= jpeg.length && jpeg[at] === MARKER) {
    const marker = jpeg[at + 1]!
    if (marker === MARKER) at++
    else if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return undefined
    else if (isFrameHeader(marker)) {
      const [heightPx, widthPx] = [jpeg.readUInt16BE(at + 5), jpeg.readUInt16BE(at + 7)]
      return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : undefined
    } else at += 2 + jpeg.readUInt16BE(at + 2)
  }
  return undefined
}

/** SOF0 to SOF15 without the tables that lie between them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** Between two pictures of a multipart answer. */
export const BOUNDARY = 'frame'

/**
 * One picture, laid out once in the form in which it goes to everybody: as a part of a multipart answer, that in a chunk of an HTTP/1.1
 * body, and the JPEG itself are views of the same bytes.
 */
export class Frame {
  readonly jpeg: Buffer
  readonly part: Buffer
  readonly chunk: Buffer
  readonly receivedAtMs: number

  constructor(jpeg: Buffer, receivedAtMs: number) {
    const head = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`
    const partBytes = head.length + jpeg.length + 2
    const size = `${partBytes.toString(16)}\r\n`
    const bytes = Buffer.allocUnsafeSlow(size.length + partBytes + 2)
    const jpegAt = size.length + head.length
    bytes.write(size + head, 'latin1')
    jpeg.copy(bytes, jpegAt)
    bytes.write('\r\n\r\n', jpegAt + jpeg.length, 'latin1')
    this.jpeg = bytes.subarray(jpegAt, jpegAt + jpeg.length)
    this.part = bytes.subarray(size.length, size.length + partBytes)
    this.chunk = bytes
    this.receivedAtMs = receivedAtMs
  }
}

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { BOUNDARY, type Frame } from './frame.ts'
import { PICTURE_HEADERS } from './headers.ts'
import type { PictureViewer } from './room-pictures.ts'

export const MULTIPART_HEADERS = {
  ...PICTURE_HEADERS,
  'content-type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
  pragma: 'no-cache',
  connection: 'keep-alive',
  'x-accel-buffering': 'no',
} as const

/**
 * A viewer by HTTP: an `<img>` that moves. Its pictures go to the socket as they lie in memory, the same bytes for everybody; while it has
 * not taken one, only the newest of the others waits.
 */
export class MultipartViewer implements PictureViewer {
  readonly #socket: Socket
  readonly #form: 'chunk' | 'part'
  #waiting: Frame | undefined
  bytesSent = 0

  /** Sends the head of the answer. */
  constructor(response: ServerResponse, socket: Socket) {
    response.writeHead(200, MULTIPART_HEADERS)
    response.flushHeaders()
    this.#socket = socket
    // What speaks HTTP/1.0 gets the body as it is.
    this.#form = response.chunkedEncoding ? 'chunk' : 'part'
  }

  send(frame: Frame): void {
    if (this.#socket.writableLength > 0) {
      this.#waiting = frame
      return
    }
    const bytes = frame[this.#form]
    this.bytesSent += bytes.length
    this.#socket.write(bytes, this.#written)
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroySoon()
  }

  readonly #written = () => {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = undefined
    if (!this.#socket.destroyed) this.send(waiting)
  }
}

import type { WebSocket } from 'ws'
import type { Frame } from './frame.ts'
import { REFUSALS, refuse } from './refusal.ts'
import type { PictureViewer } from './room-pictures.ts'

const MAX_UNANSWERED_PINGS = 2

/** A viewer by WebSocket: each picture is a binary message. While it has not taken one, only the newest of the others waits. */
export class SocketViewer implements PictureViewer {
  readonly #socket: WebSocket
  #waiting: Frame | undefined
  #unanswered = 0
  bytesSent = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('pong', () => {
      this.#unanswered = 0
    })
  }

  send(frame: Frame): void {
    if (this.#socket.bufferedAmount > 0) {
      this.#waiting = frame
      return
    }
    this.bytesSent += frame.jpeg.length
    this.#socket.send(frame.jpeg, this.#written)
  }

  ping(): void {
    if (this.#unanswered >= MAX_UNANSWERED_PINGS) this.#socket.terminate()
    else if (this.#socket.readyState === this.#socket.OPEN) {
      this.#unanswered++
      this.#socket.ping()
    }
  }

  close(): void {
    this.#waiting = undefined
    refuse(this.#socket, REFUSALS.stopped)
  }

  readonly #written = () => {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = undefined
    if (this.#socket.readyState === this.#socket.OPEN) this.send(waiting)
  }
}

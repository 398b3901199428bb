import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { addon } from '../../native/binaries.ts'
import { isChunked } from './http-text.ts'

/** Carries connections that can't be handed over: the thread gets one end of a socket pair, and the main thread copies. */
export class HandoffRelay {
  #opening: Promise<{ server: Server; directory: string }> | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** Two ends of one connection: a socket to use here, and a descriptor to give away. One at a time, so that they belong together. */
  pair(): Promise<[near: Socket, fd: number]> {
    const made = this.#last.then(() => this.#pair())
    this.#last = made.catch(() => undefined)
    return made
  }

  /** Copies the request's body to the thread, and what the thread answers to the client. */
  request(req: IncomingMessage, near: Socket, head: Buffer): void {
    near.write(head)
    tie(req.socket, near)
    const body = isChunked(req) ? req.pipe(rechunk()) : req
    body.pipe(near, { end: false })
    near.pipe(req.socket)
  }

  upgrade(socket: Socket, near: Socket, read: Buffer): void {
    near.write(read)
    tie(socket, near)
    socket.pipe(near).pipe(socket)
  }

  async close(): Promise<void> {
    const opened = await this.#opening
    if (!opened) return
    opened.server.close()
    await rm(opened.directory, { recursive: true, force: true })
  }

  async #pair(): Promise<[near: Socket, fd: number]> {
    this.#opening ??= open()
    const { server, directory } = await this.#opening
    const accepted = once(server, 'connection')
    const far = connect(join(directory, 'relay'))
    await once(far, 'connect')
    const [near]: Socket[] = await accepted
    const { _handle: handle } = far as Socket & { _handle?: { fd: number } }
    if (!near || !handle) throw new Error('no socket pair')
    const fd = addon().dup(handle.fd)
    far.destroy()
    return [near, fd]
  }
}

/** A listener that only this user can reach. */
async function open(): Promise<{ server: Server; directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'patchbay-'))
  const server = createServer({ allowHalfOpen: true }).listen(join(directory, 'relay'))
  await once(server, 'listening')
  server.unref()
  return { server, directory }
}

/** Whichever end is gone takes the other with it. */
function tie(client: Socket, near: Socket): void {
  near.on('error', () => client.destroy())
  client.on('error', () => near.destroy())
  client.once('close', () => near.destroy())
}

function rechunk(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      this.push(`${chunk.length.toString(16)}\r\n`)
      this.push(chunk)
      done(null, '\r\n')
    },
    flush(done) {
      done(null, '0\r\n\r\n')
    },
  })
}

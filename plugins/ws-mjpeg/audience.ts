import { MediaError } from '../../core/kernel/errors.ts'
import type { NewViewer } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { Gallery } from './gallery.ts'
import type { PictureViewer } from './room-pictures.ts'

export const KIND = 'MJPEG'
const REPORT_INTERVAL_MS = 5_000

/** Whoever watches, as core is to know it. */
export type GuestViewer = PictureViewer & { readonly bytesSent: number; close(): void; ping?(): void }
type Guest = { readonly viewer: GuestViewer; readonly from: NewViewer; id?: string; gone: boolean }

type AudienceHost = Pick<Host, 'core' | 'log'>

/**
 * Everybody who watches pictures. Core counts them and may close them; a room that nobody has opened yet has no place for them, so that
 * they become viewers there when its camera comes.
 */
export class Audience {
  readonly #host: AudienceHost
  readonly #gallery: Gallery
  readonly #guests = new Set<Guest>()
  readonly #byId = new Map<string, Guest>()
  readonly #reported = new Map<string, number>()
  readonly #timer = setInterval(() => this.#report(), REPORT_INTERVAL_MS)

  constructor(host: AudienceHost, gallery: Gallery) {
    this.#host = host
    this.#gallery = gallery
  }

  /** Takes a place in the room. @throws {MediaError} `VIEWER_LIMIT`, `PLUGIN_DISABLED` or `ROOM_CLOSED`. */
  async place(from: NewViewer): Promise<string | undefined> {
    try {
      return (await this.#host.core.viewers.admit(from)).id
    } catch (error) {
      if (error instanceof MediaError && error.code === 'ROOM_NOT_FOUND') return undefined
      throw error
    }
  }

  /** @returns What to call when it has gone. */
  seat(viewer: GuestViewer, from: NewViewer, id: string | undefined): () => void {
    const guest: Guest = { viewer, from, gone: false, ...(id !== undefined && { id }) }
    this.#guests.add(guest)
    if (id !== undefined) this.#byId.set(id, guest)
    this.#gallery.open(from.room).add(viewer)
    return () => this.#leave(guest)
  }

  /** The place of somebody who went before it could be given. */
  giveBack(id: string | undefined): void {
    if (id !== undefined) this.#host.core.viewers.close(id, 'LEFT').catch(() => {}) // core is gone, and with it the viewer
  }

  /** The room is open from now on: those who wait become its viewers. */
  async opened(room: string): Promise<void> {
    for (const guest of this.#guests) {
      if (guest.from.room !== room || guest.id !== undefined) continue
      try {
        const id = await this.place(guest.from)
        if (guest.gone || guest.id !== undefined) this.giveBack(id)
        else if (id !== undefined) {
          guest.id = id
          this.#byId.set(id, guest)
        }
      } catch (error) {
        this.#host.log.info({ room, err: error }, 'a viewer who waited has no place')
        guest.viewer.close()
      }
    }
  }

  /** Core closed it. */
  closed(id: string): void {
    this.#byId.get(id)?.viewer.close()
    this.#byId.delete(id)
  }

  ping(): void {
    for (const { viewer } of this.#guests) viewer.ping?.()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { viewer } of this.#guests) viewer.close()
  }

  #leave(guest: Guest): void {
    if (guest.gone) return
    guest.gone = true
    const { id, viewer, from } = guest
    this.#guests.delete(guest)
    this.#gallery.find(from.room)?.delete(viewer)
    this.#gallery.settle(from.room)
    if (id === undefined || !this.#byId.delete(id)) return
    this.#reported.delete(id)
    this.#host.core.viewers.sent({ [id]: viewer.bytesSent }).catch(() => {})
    this.giveBack(id)
  }

  /** One message for all of them. */
  #report(): void {
    const sent: Record<string, number> = {}
    for (const [id, { viewer }] of this.#byId) {
      if (this.#reported.get(id) === viewer.bytesSent) continue
      this.#reported.set(id, viewer.bytesSent)
      sent[id] = viewer.bytesSent
    }
    if (Object.keys(sent).length > 0) {
      this.#host.core.viewers.sent(sent).catch((error: unknown) => this.#host.log.warn({ err: error }, 'bytes sent could not be told'))
    }
  }
}

import type { App } from '../app/app.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import { OVERLAY_POSITIONS, type Overlay } from './overlay.ts'

/** What one source may show in the players of one app. */
const MAX_OVERLAYS = 8
const MAX_TEXT_LENGTH = 200

/** One overlay, and who shows it. */
export type ShownOverlay = Required<Pick<Overlay, 'text' | 'position' | 'opacity'>> & { readonly source: string }

/** What players show over the picture, per app. It is kept in memory only: whoever shows it says so again after a restart. */
export class PlayerOverlays {
  readonly #events: CoreEvents
  /** By source, then by app. */
  readonly #shown = new Map<string, Map<App, readonly Overlay[]>>()

  constructor(events: CoreEvents) {
    this.#events = events
  }

  /**
   * Replaces all that a source shows in the players of an app; nothing with an empty list.
   *
   * @throws {MediaError} `INPUT_INVALID` with the index and the name of the `field`.
   */
  show(source: string, app: App, overlays: readonly Overlay[]): void {
    if (!Array.isArray(overlays) || overlays.length > MAX_OVERLAYS) {
      throw new MediaError('INPUT_INVALID', { field: 'overlays', reason: `a list of at most ${MAX_OVERLAYS}` })
    }
    for (const [index, overlay] of overlays.entries()) check(overlay, index)
    const ofSource = this.#shown.get(source) ?? new Map<App, readonly Overlay[]>()
    this.#shown.set(source, ofSource)
    if (overlays.length === 0 && !ofSource.delete(app)) return
    if (overlays.length > 0) ofSource.set(app, overlays)
    this.#events.emit('player.overlays', app)
  }

  /** Takes away all that a source shows anywhere. */
  clear(source: string): void {
    const apps = [...(this.#shown.get(source)?.keys() ?? [])]
    this.#shown.delete(source)
    for (const app of apps) this.#events.emit('player.overlays', app)
  }

  /** @param room Full name. */
  in(app: App, room: string): ShownOverlay[] {
    return [...this.#shown].flatMap(([source, apps]) =>
      (apps.get(app) ?? [])
        .filter((overlay) => overlay.room === undefined || overlay.room === room || app.fullName(overlay.room) === room)
        .map(({ text, position = 'BOTTOM_RIGHT', opacity = 1 }) => ({ source, text, position, opacity })),
    )
  }
}

function check({ text, position, opacity, room }: Overlay, index: number): void {
  const refuse = (field: string, reason: string) => {
    throw new MediaError('INPUT_INVALID', { field: `overlays.${index}.${field}`, reason })
  }
  if (typeof text !== 'string' || text === '' || text.length > MAX_TEXT_LENGTH) refuse('text', `1 to ${MAX_TEXT_LENGTH} characters`)
  if (position !== undefined && !OVERLAY_POSITIONS.includes(position)) refuse('position', `one of ${OVERLAY_POSITIONS.join(', ')}`)
  if (opacity !== undefined && !(opacity >= 0 && opacity <= 1)) refuse('opacity', 'a number from 0 to 1')
  if (room !== undefined && typeof room !== 'string') refuse('room', 'the name of a room')
}

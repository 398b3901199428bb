const SLUG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/** Whether an app, a room or an identity may be called so by a camera. */
export function isSlug(text: string): boolean {
  return SLUG.test(text)
}

/** A room by its own name, or with the name of its app before it: an address that was handed out has to be good whatever its length. */
export function isRoomName(room: string, app: string): boolean {
  return isSlug(room) || (room.startsWith(`${app}-`) && isSlug(room.slice(app.length + 1)))
}

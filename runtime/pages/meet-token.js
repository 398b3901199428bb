import { request } from './http.js'
import { presentToken } from './token.js'

/** @type {string | undefined} */
let lent

/**
 * The token to join with: the one that was given to this page, else one that the server lends to whoever sits at its own machine.
 *
 * @param {string} app
 * @param {string} room
 * @throws {import('./http.js').HttpError} when the server lends none.
 */
export async function tokenFor(app, room) {
  const given = presentToken() ?? lent
  if (given !== undefined) return given
  const response = await request('/pages/meet-token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app, room }),
  })
  lent = /** @type {{ token: string }} */ (await response.json()).token
  return lent
}

/** Makes the next call ask for another one: lent tokens end when the server restarts. @returns Whether there was one. */
export function dropLentToken() {
  const had = lent !== undefined
  lent = undefined
  return had
}

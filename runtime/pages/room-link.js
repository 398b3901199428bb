import { ConnectionLost, GraphqlSocket } from './graphql.js'

const RECONNECT_MS = [500, 1_000, 2_000, 5_000, 15_000]

const PLACE = '($app: String!, $room: String!)'
const OF = '(app: $app, room: $room)'
/** What is followed, by the event that tells it. */
const FOLLOWED = {
  player: `subscription ${PLACE} { player${OF} { live viewers chat reactions mayTalk } }`,
  message: `subscription ${PLACE} { roomData${OF} { topic from message reaction at } }`,
  overlays: `subscription ${PLACE} { playerOverlays${OF} { source text position opacity } }`,
}
const SAY = `mutation ($app: String!, $room: String!, $message: String, $reaction: String) {
  sayInRoom(app: $app, room: $room, message: $message, reaction: $reaction) { at }
}`

/**
 * What a player shows beside the picture.
 *
 * @typedef {{ live: boolean, viewers: number | null, chat: boolean, reactions: boolean, mayTalk: boolean }} Player
 * @typedef {{ topic: string, from: string, message: string | null, reaction: string | null, at: string }} RoomMessage
 */

/**
 * Follows what happens in a room beside the media, however its picture comes, and connects again whenever the connection is lost.
 *
 * Events: `player`, `message`, `overlays`.
 */
export class RoomLink extends EventTarget {
  #place
  #tokenOf
  /** @type {GraphqlSocket | undefined} */
  #socket
  #closed = false
  #wake = () => {}

  /** @param {{ app: string, room: string, token: () => Promise<string | undefined> }} options `token`: asked anew for each connection. */
  constructor({ app, room, token }) {
    super()
    this.#place = { app, room }
    this.#tokenOf = token
  }

  async start() {
    for (let failures = 0; !this.#closed; failures++) {
      try {
        await this.#follow(() => {
          failures = 0
        })
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      }
      this.#socket = undefined
      const pauseMs = RECONNECT_MS[Math.min(failures, RECONNECT_MS.length - 1)] ?? 0
      await new Promise((resolve) => {
        // Spread out, so that the players of a server that was away do not all come back at once.
        setTimeout(resolve, pauseMs * (0.75 + Math.random() * 0.5))
        this.#wake = () => resolve(undefined)
      })
    }
  }

  /** Ends the present wait, if any. */
  retryNow() {
    this.#wake()
  }

  /**
   * Says something to everybody in the room.
   *
   * @param {{ message: string } | { reaction: string }} words
   * @throws {import('./graphql.js').GraphqlError | ConnectionLost}
   */
  async say(words) {
    if (!this.#socket) throw new ConnectionLost(false)
    await this.#socket.run(SAY, { ...this.#place, ...words })
  }

  close() {
    this.#closed = true
    this.#socket?.close()
  }

  /** @param {() => void} onOpen */
  async #follow(onOpen) {
    const token = await this.#tokenOf()
    // Nobody is told anything without one.
    if (token === undefined) return
    const socket = await GraphqlSocket.open(token)
    onOpen()
    this.#socket = socket
    for (const [type, query] of Object.entries(FOLLOWED)) {
      socket.follow(query, this.#place, (detail) => this.dispatchEvent(new CustomEvent(type, { detail })))
    }
    await socket.lost
  }
}

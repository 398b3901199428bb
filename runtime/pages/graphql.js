/** An operation that the server refused, in the server's words. */
export class GraphqlError extends Error {
  /** @param {{ message: string, extensions?: { code?: string } }} error */
  constructor({ message, extensions }) {
    super(message)
    this.name = 'GraphqlError'
    this.code = extensions?.code
  }
}

/** The connection is gone, or was not let in. */
export class ConnectionLost extends Error {
  /** @param {boolean} unauthorized */
  constructor(unauthorized) {
    super(unauthorized ? 'The token is not valid.' : 'The connection to the server is lost.')
    this.name = 'ConnectionLost'
    /** Whether another token may help. */
    this.unauthorized = unauthorized
  }
}

/** @typedef {{ next: (value: any) => void, end: (error?: Error) => void }} Listener */

const UNAUTHORIZED = 4401

/**
 * GraphQL over one WebSocket, as the `graphql-transport-ws` protocol has it. It never reconnects by itself.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export class GraphqlSocket {
  /** @type {Map<string, Listener>} */
  #listeners = new Map()
  #nextId = 1
  /** @type {WebSocket} */
  #socket
  /** @type {PromiseWithResolvers<ConnectionLost>} */
  #lost = Promise.withResolvers()

  /**
   * @param {string | undefined} token
   * @throws {ConnectionLost}
   */
  static async open(token) {
    const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/graphql`, 'graphql-transport-ws')
    const client = new GraphqlSocket(socket)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', () => client.#send({ type: 'connection_init', payload: token === undefined ? {} : { token } }))
      socket.addEventListener('message', resolve, { once: true })
      client.lost.then(reject)
    })
    return client
  }

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(data)))
    socket.addEventListener('close', ({ code }) => {
      const lost = new ConnectionLost(code === UNAUTHORIZED)
      this.#lost.resolve(lost)
      for (const { end } of this.#listeners.values()) end(lost)
      this.#listeners.clear()
    })
  }

  /** Resolves when the connection has gone, for whatever reason. */
  get lost() {
    return this.#lost.promise
  }

  /**
   * Runs a query or a mutation.
   *
   * @param {string} query
   * @param {Record<string, unknown>} [variables]
   * @returns {Promise<any>} What its one field answers.
   * @throws {GraphqlError | ConnectionLost}
   */
  run(query, variables = {}) {
    return new Promise((resolve, reject) => {
      /** @type {unknown} */
      let answer
      this.#start(query, variables, {
        next: (value) => {
          answer = value
        },
        end: (error) => (error ? reject(error) : resolve(answer)),
      })
    })
  }

  /**
   * Follows a subscription until it, or the connection, ends.
   *
   * @param {string} query
   * @param {Record<string, unknown>} variables
   * @param {(event: any) => void} next
   * @param {(error?: Error) => void} [end]
   */
  follow(query, variables, next, end = () => {}) {
    this.#start(query, variables, { next, end })
  }

  close() {
    this.#socket.close(1000)
  }

  /** @param {string} query @param {Record<string, unknown>} variables @param {Listener} listener */
  #start(query, variables, listener) {
    if (this.#socket.readyState !== WebSocket.OPEN) return listener.end(new ConnectionLost(false))
    const id = String(this.#nextId++)
    this.#listeners.set(id, listener)
    this.#send({ id, type: 'subscribe', payload: { query, variables } })
  }

  /** @param {{ id?: string, type: string, payload?: any }} message */
  #receive({ id = '', type, payload }) {
    if (type === 'ping') this.#send({ type: 'pong' })
    const listener = this.#listeners.get(id)
    if (!listener) return
    if (type === 'next' && !payload.errors) return listener.next(Object.values(payload.data)[0])
    if (type !== 'next' && type !== 'error' && type !== 'complete') return
    this.#listeners.delete(id)
    const [error] = type === 'complete' ? [] : type === 'error' ? payload : payload.errors
    listener.end(error && new GraphqlError(error))
  }

  /** @param {object} message */
  #send(message) {
    this.#socket.send(JSON.stringify(message))
  }
}

import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Caller, Grant } from '../core/access/caller.ts'
import { AddressSet } from '../core/kernel/addresses.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { Feed } from '../core/kernel/feed.ts'
import { serveGraphql } from '../runtime/http/graphql.ts'
import { GraphqlEngine, type GraphqlOptions } from '../runtime/http/graphql-engine.ts'
import { GraphqlWebSockets } from '../runtime/http/graphql-ws.ts'
import { serveHealth } from '../runtime/http/health.ts'
import { HttpServer, type HttpServerOptions } from '../runtime/http/server.ts'
import { ServerLog } from '../runtime/log.ts'

const ADMIN: Caller = { id: 'TO_admin', kind: 'TOKEN', grants: ['MANAGE'] }
const VIEWER: Caller = { id: 'TO_viewer', kind: 'TOKEN', grants: ['PLAY'] }

const TOKENS = new Map([
  ['sk_admin', ADMIN],
  ['sk_viewer', VIEWER],
])

/** A state that many watch: every message of `board` is the whole of it. */
export class Board {
  text = 'first'
  readonly watchers = new Set<Feed<string>>()
  executions = 0

  set(text: string): void {
    this.text = text
    for (const watcher of this.watchers) watcher.push(text)
  }

  watch(): Feed<string> {
    this.executions++
    const feed: Feed<string> = new Feed({ onEnd: () => this.watchers.delete(feed), limit: 1, keyOf: () => 'board' })
    this.watchers.add(feed)
    feed.push(this.text)
    return feed
  }
}

export function boardSchema(board: Board): GraphQLSchema {
  const text = new GraphQLNonNull(GraphQLString)
  const room: GraphQLObjectType = new GraphQLObjectType({
    name: 'Room',
    fields: () => ({
      name: { type: text, resolve: () => 'yard' },
      rooms: { type: new GraphQLList(room), args: { first: { type: GraphQLInt } }, resolve: () => [{}] },
    }),
  })
  return new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        who: { type: text, resolve: (_source, _args, { caller }: { caller: Caller }) => caller.id },
        room: { type: room, resolve: () => ({}) },
        missing: {
          type: GraphQLString,
          resolve: () => {
            throw new MediaError('ROOM_NOT_FOUND', { room: 'yard' })
          },
        },
        broken: {
          type: GraphQLString,
          resolve: () => {
            throw new Error('the database password is hunter2')
          },
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        board: {
          type: text,
          extensions: { sharing: 'STATE' },
          subscribe: () => board.watch(),
          resolve: (value) => value,
        },
        boardEvents: { type: text, subscribe: () => board.watch(), resolve: (value) => value },
      },
    }),
  })
}

export type TestServer = AsyncDisposable & {
  readonly http: HttpServer
  readonly url: string
  readonly engine: GraphqlEngine
  readonly sockets: GraphqlWebSockets
  readonly log: ServerLog
  readonly board: Board
}

/** A real server on a free port, with a small schema of its own. */
export async function startServer(
  options: Partial<HttpServerOptions> & {
    graphql?: Partial<GraphqlOptions>
    anonymous?: readonly Grant[]
    prepare?: (http: HttpServer) => void
  } = {},
): Promise<TestServer> {
  const log = new ServerLog({ level: 'debug', write: () => {} })
  const board = new Board()
  const schema = boardSchema(board)
  const tokens = { verify: (token: string) => TOKENS.get(token) }
  const http = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    log: log.log,
    tokens,
    loopbackOnly: true,
    anonymousGrants: options.anonymous ?? ['PLAY', 'PUBLISH'],
    trustedProxies: new AddressSet([]),
    ...options,
  })
  const engine = new GraphqlEngine({ schema: () => schema, context: () => ({}), log: log.log, introspection: true, ...options.graphql })
  serveGraphql(http, engine)
  const sockets = new GraphqlWebSockets(http, engine, { tokens, log: log.log })
  serveHealth(http.app, () => ({ store: true }))
  options.prepare?.(http)
  const port = await http.listen()
  return { http, url: `http://127.0.0.1:${port}`, engine, sockets, log, board, [Symbol.asyncDispose]: () => http.close(500) }
}

export type GraphqlAnswer = { data?: Record<string, unknown> | null; errors?: { message: string; extensions?: Record<string, unknown> }[] }

export async function query(server: TestServer, text: string, token = 'sk_admin'): Promise<{ status: number; answer: GraphqlAnswer }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: text }),
  })
  return { status: response.status, answer: (await response.json()) as GraphqlAnswer }
}

export function connect(server: TestServer, connectionParams: Record<string, unknown> = { token: 'sk_admin' }): Client {
  return createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    lazy: true,
  })
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
  getOperationAST,
} from 'graphql'
import { type Context, handleProtocols, makeServer, type OperationResult, type SubscribePayload } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Caller } from '../../core/access/caller.ts'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import { bearerOf, type Tokens } from './caller.ts'
import type { GraphqlEngine } from './graphql-engine.ts'
import { errorMask, onTheWire } from './graphql-errors.ts'
import { GraphqlSocket } from './graphql-socket.ts'
import type { HttpServer } from './server.ts'
import type { Results } from './shared-subscriptions.ts'

const MAX_MESSAGE_BYTES = 1024 * 1024
const MAX_SUBSCRIPTIONS = 100
const PING_INTERVAL_MS = 30_000
const GOING_AWAY = 1001
const UNAUTHORIZED = 4401

type Connection = { readonly socket: GraphqlSocket; caller: Caller; running: () => number }
type Params = Record<string, unknown>
type Operation = { readonly run: () => OperationResult }

/**
 * Serves GraphQL over WebSockets (`graphql-transport-ws`) at `/graphql`. The token comes in the connection's parameters
 * (`token` or `authorization`), as a header, or as `?token=`.
 */
export class GraphqlWebSockets {
  readonly #engine: GraphqlEngine
  readonly #tokens: Tokens
  readonly #log: Log
  readonly #mask: (error: unknown) => GraphQLError
  readonly #connections = new Set<Connection>()
  readonly #operations = new WeakMap<object, Operation>()
  readonly #protocol: ReturnType<typeof makeServer<Params, Connection>>

  constructor(http: HttpServer, engine: GraphqlEngine, options: { tokens: Tokens; log: Log }) {
    this.#engine = engine
    this.#tokens = options.tokens
    this.#log = options.log
    this.#mask = errorMask(options.log)
    this.#protocol = makeServer<Params, Connection>({
      onConnect: (context) => this.#authenticate(context),
      onSubscribe: (context, id, payload) => this.#prepare(context, id, payload),
      execute: (args) => this.#run(args),
      subscribe: (args) => this.#run(args),
      onNext: (_context, _id, _payload, _args, result) => formatted(result as ExecutionResult),
      onError: (_context, _id, _payload, errors) => errors.map(onTheWire),
    })

    const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, handleProtocols })
    http.onUpgrade('/graphql', (request, stream, head, caller) =>
      server.handleUpgrade(request, stream, head, (socket) => this.#open(socket, request, stream, caller)),
    )
    const pinging = setInterval(() => {
      for (const { socket } of this.#connections) socket.checkAlive()
    }, PING_INTERVAL_MS).unref()
    http.onClosing(() => {
      clearInterval(pinging)
      this.closeWhere(() => true, GOING_AWAY, 'The server is stopping')
    })
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Operations that run over all connections. */
  get operations(): number {
    return [...this.#connections].reduce((total, { running }) => total + running(), 0)
  }

  /** Closes the connections of some callers, such as those whose token was revoked. */
  closeWhere(matches: (caller: Caller) => boolean, code = UNAUTHORIZED, reason = 'Unauthorized'): void {
    for (const { caller, socket } of this.#connections) if (matches(caller)) socket.close(code, reason)
  }

  #open(webSocket: WebSocket, _request: IncomingMessage, stream: Duplex, caller: Caller): void {
    const connection: Connection = { socket: new GraphqlSocket(webSocket, stream), caller, running: () => 0 }
    const { socket } = connection
    this.#connections.add(connection)
    const closed = this.#protocol.opened(
      {
        protocol: webSocket.protocol,
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (accept) =>
          webSocket.on('message', (data) => {
            accept(String(data)).catch((error: unknown) => {
              this.#log.error({ err: error }, 'a GraphQL WebSocket failed')
              socket.close(4500, 'Internal server error')
            })
          }),
      },
      connection,
    )
    webSocket.on('error', (error) => this.#log.debug({ problem: messageOf(error) }, 'a GraphQL WebSocket was refused further messages'))
    webSocket.once('close', (code, reason) => {
      this.#connections.delete(connection)
      void closed(code, String(reason))
    })
  }

  /** Whoever presents a token in the parameters is whom that token names, whatever came with the upgrade. */
  #authenticate({ connectionParams, extra, subscriptions }: Context<Params, Connection>): boolean {
    extra.running = () => Object.keys(subscriptions).length
    const token = tokenIn(connectionParams ?? {})
    const { remoteAddress } = extra.caller
    const known = token === undefined ? extra.caller : this.#tokens.verify(token, remoteAddress)
    if (known === undefined || known.kind === 'ANONYMOUS') {
      extra.socket.close(UNAUTHORIZED, 'Unauthorized')
      return false
    }
    extra.caller = { ...known, ...(remoteAddress !== undefined && { remoteAddress }) }
    return true
  }

  async #prepare({ extra, subscriptions }: Context<Params, Connection>, id: string, payload: SubscribePayload) {
    try {
      if (Object.keys(subscriptions).length > MAX_SUBSCRIPTIONS) throw new MediaError('SUBSCRIPTION_LIMIT', { limit: MAX_SUBSCRIPTIONS })
      return await this.#plan(extra, id, payload)
    } catch (error) {
      return [this.#mask(error)]
    }
  }

  async #plan({ caller, socket }: Connection, id: string, params: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { query: text, variables, operationName } = params
    const { schema, parse, validate, contextFactory, execute, subscribe } = this.#engine.yoga.getEnveloped({ caller, alone: true, params })
    const document = parse(text) as DocumentNode
    const mistakes = validate(schema, document)
    if (mistakes.length > 0) return mistakes

    const contextValue = await contextFactory()
    const args: ExecutionArgs = { schema, document, contextValue, variableValues: variables ?? {}, operationName: operationName ?? null }
    const key = this.#engine.sharingKey({ schema, document, operationName, variables, caller, text })
    const isSubscription = getOperationAST(document, operationName)?.operation === 'subscription'
    const start = async () => (await (isSubscription ? subscribe : execute)(args)) as Results
    const run = key === undefined ? start : () => socket.follow(id, (subscriber) => this.#engine.shared.join(key, start, subscriber))
    this.#operations.set(args, { run: run as () => OperationResult })
    return args
  }

  #run(args: ExecutionArgs): OperationResult {
    return this.#operations.get(args)!.run()
  }
}

function formatted({ errors, ...result }: ExecutionResult): FormattedExecutionResult {
  return { ...result, ...(errors && { errors: errors.map(onTheWire) }) }
}

/** `token`, or `authorization` with or without its scheme. */
function tokenIn(params: Params): string | undefined {
  const { token, authorization = params.Authorization } = params
  if (typeof token === 'string' && token !== '') return token
  if (typeof authorization !== 'string' || authorization === '') return undefined
  return bearerOf(authorization) ?? authorization
}

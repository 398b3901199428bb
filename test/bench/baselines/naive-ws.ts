/** Subscriptions as graphql-ws serves them by itself: one execution for each subscriber. */
import './end-with-parent.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { Board, boardSchema } from '../../http-support.ts'
import { publishOnDemand } from '../board.ts'

const board = new Board()
const http = createServer().listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
useServer({ schema: boardSchema(board) }, new WebSocketServer({ server: http, path: '/graphql' }))
publishOnDemand(board)

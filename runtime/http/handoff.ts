import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Caller } from '../../core/access/caller.ts'

/** Takes connections that belong to somebody else, such as a plugin's thread. Answers whether it took this one. */
export type Handoff = {
  request(request: IncomingMessage, response: ServerResponse, caller: Caller): boolean
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): boolean
}

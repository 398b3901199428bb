/** The same schema behind nothing but GraphQL Yoga and Node's HTTP server. */
import './end-with-parent.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createYoga } from 'graphql-yoga'
import { ServerLog } from '../../../runtime/log.ts'
import { ServerFacts } from '../../../runtime/server-facts.ts'
import { coreSchema } from '../../../schema/schema.ts'

const server = new ServerFacts(new ServerLog({ level: 'warn', write: () => {} }))
const caller = { id: 'TO_bench', kind: 'TOKEN', grants: ['MANAGE'] }
const yoga = createYoga({ schema: coreSchema, context: { server, caller }, logging: false, graphiql: false })

const http = createServer(yoga).listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))

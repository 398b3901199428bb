import type { GraphQLSchema } from 'graphql'
import './scalars.ts'
import './app.ts'
import './room.ts'
import './participant.ts'
import './track.ts'
import './viewer.ts'
import './ingress.ts'
import './task.ts'
import './plugin.ts'
import './server.ts'
import './token.ts'
import { builder } from './builder.ts'
import { guard } from './guard.ts'

/** Core's part of the API. What plugins add is composed with it at run time. */
export const coreSchema: GraphQLSchema = guard(builder.toSchema())

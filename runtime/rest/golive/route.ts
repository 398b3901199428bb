import { routesOf } from '../route-table.ts'
import type { Access, Who } from './gate.ts'

/** Types one of go-live's routes. */
export const route = routesOf<Access, Who>()

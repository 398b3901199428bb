import { routesOf } from '../route-table.ts'
import type { Access, Who } from './gate.ts'

/** Types one of StreamHub's routes. */
export const route = routesOf<Access, Who>()

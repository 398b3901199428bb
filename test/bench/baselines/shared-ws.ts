/** Subscriptions as Patchbay serves them, on the schema that `naive-ws.ts` has. */
import './end-with-parent.ts'
import { startServer } from '../../http-support.ts'
import { publishOnDemand } from '../board.ts'

const { board, url } = await startServer()
publishOnDemand(board)
process.send?.({ port: Number(new URL(url).port) })

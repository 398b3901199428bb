/** The far side of the RPC bench: one port with Patchbay's RPC, one with a bare answer to each message. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { expose } from '../../plugins/kit/rpc.ts'

const { rpc, bare } = workerData as { rpc: MessagePort; bare: MessagePort }
expose(rpc, { echo: { say: (value: unknown) => value } }, { owner: 'bench', onFault: console.error })
bare.on('message', (message) => bare.postMessage(message))

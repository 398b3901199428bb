import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Pipeline } from '../../native/pipeline.ts'
import { Av1Depacketizer } from './av1-depacketizer.ts'
import { RTCP, RTP } from './launch.ts'

/** Where a tap sends a track's packets to. */
export type Receiver = AsyncDisposable & { readonly port: number; readonly rtcpPort: number }

const RECEIVE_BUFFER_BYTES = 4 << 20
/** What the pipeline's pipe holds at most; more is dropped, and the next keyframe is waited for. */
const MAX_QUEUED_BYTES = 8 << 20

/** The ports of the pipeline itself or, where it can not read the codec out of RTP, of a socket that does so for it. */
export async function receiverOf(pipeline: Pipeline): Promise<Receiver> {
  if (pipeline.inputs.length > 0) return openSocket(pipeline)
  const [port, rtcpPort] = [Number(await pipeline.get(RTP, 'port')), Number(await pipeline.get(RTCP, 'port'))]
  return { port, rtcpPort, [Symbol.asyncDispose]: async () => {} }
}

async function openSocket({ inputs }: Pipeline): Promise<Receiver> {
  const [input] = inputs
  const depacketizer = new Av1Depacketizer()
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
  socket.on('message', (packet) => {
    if (!input || input.writableLength > MAX_QUEUED_BYTES) return
    const bitstream = depacketizer.push(packet)
    if (bitstream.length > 0) input.write(bitstream)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  return { port, rtcpPort: port, [Symbol.asyncDispose]: async () => void socket.close() }
}

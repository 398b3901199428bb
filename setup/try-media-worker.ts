import { handshake } from './handshake.ts'

const [workerBin] = process.argv.slice(2)
if (!workerBin) throw new Error('usage: try-media-worker.ts <path of a mediasoup-worker>')

const { startMs, dtlsMs } = await handshake(workerBin)
console.log(`started in ${Math.round(startMs)} ms, DTLS and SRTP in ${Math.round(dtlsMs)} ms`)
// The peer's own threads would keep the process alive.
process.exit()

import { requireFirstFeedback } from './first-feedback.ts'
import { handshake } from './handshake.ts'

const [workerBin] = process.argv.slice(2)
if (!workerBin) throw new Error('usage: try-media-worker.ts <path of a mediasoup-worker>')

try {
  const { startMs, dtlsMs } = await handshake(workerBin)
  await requireFirstFeedback(workerBin)
  console.log(`started in ${Math.round(startMs)} ms, DTLS and SRTP in ${Math.round(dtlsMs)} ms`)
} catch (error) {
  // The last line is what setup shows.
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
// The peer's own threads would keep the process alive.
process.exit()

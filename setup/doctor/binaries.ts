import { execFile } from 'node:child_process'
import { closeSync } from 'node:fs'
import { promisify } from 'node:util'
import { addon, gstreamerAddonPath, mediasoupWorkerBin } from '../../native/binaries.ts'
import { handshake } from '../handshake.ts'
import type { Finding } from './finding.ts'

/** Uses each native binary once, for real. */
export function checkBinaries(): Promise<Finding[]> {
  return Promise.all([
    finding('addon', async () => {
      closeSync(addon().dup(0))
      return 'loads, duplicates a descriptor'
    }),
    finding('gstreamer addon', async () => {
      // In a process of its own: it must not share one with threads.
      await promisify(execFile)(process.execPath, ['-e', TRIAL_PIPELINE, gstreamerAddonPath()], { timeout: 20_000, killSignal: 'SIGKILL' })
      return 'loads, plays a pipeline to its end'
    }),
    finding('media worker', async () => {
      const { startMs, dtlsMs } = await handshake(mediasoupWorkerBin())
      return `starts in ${startMs.toFixed(0)} ms, DTLS handshake and SRTP in ${dtlsMs.toFixed(0)} ms`
    }),
  ])
}

const TRIAL_PIPELINE = `
  const { Pipeline } = require(process.argv[1])
  const pipeline = new Pipeline('videotestsrc num-buffers=3 ! fakesink')
  pipeline.play()
  pipeline.pollBus(({ type }) => {
    if (type === 'eos') { pipeline.stop(); process.exit(0) }
    if (type === 'error') { pipeline.stop(); process.exit(1) }
  })`

async function finding(subject: string, use: () => Promise<string>): Promise<Finding> {
  try {
    return { verdict: 'ok', subject, detail: await use() }
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return { verdict: 'FAIL', subject, detail: `${detail}: remove native/bin and run \`node setup/setup.mjs\`` }
  }
}

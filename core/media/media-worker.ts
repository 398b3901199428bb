import { EventEmitter } from 'node:events'
import { createWorker, type types } from 'mediasoup'
import type { Log } from '../kernel/log.ts'
import { webRtcListenInfos } from './addresses.ts'

export type MediaWorkerOptions = {
  /** Path of the mediasoup-worker binary. */
  workerBin: string
  /** UDP and TCP port of worker 0; worker n takes the n-th after it. 0: any free port. */
  rtcPort: number
  announcedAddresses: readonly string[]
  log: Log
}

type MediaWorkerEvents = { died: [error: Error] }

/** One mediasoup subprocess with the one WebRtcServer through which all its WebRTC goes. */
export class MediaWorker {
  readonly events = new EventEmitter<MediaWorkerEvents>()
  readonly index: number
  readonly worker: types.Worker
  readonly webRtcServer: types.WebRtcServer
  /** What it carries, in viewers-worth of work; whoever places something here counts it in and out. */
  load = 0

  static async start(index: number, options: MediaWorkerOptions): Promise<MediaWorker> {
    const worker = await createWorker({ workerBin: options.workerBin, logLevel: 'warn', appData: {} })
    try {
      const port = options.rtcPort === 0 ? 0 : options.rtcPort + index
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: webRtcListenInfos(port, options.announcedAddresses) })
      return new MediaWorker(index, worker, webRtcServer)
    } catch (error) {
      worker.close()
      throw error
    }
  }

  constructor(index: number, worker: types.Worker, webRtcServer: types.WebRtcServer) {
    this.index = index
    this.worker = worker
    this.webRtcServer = webRtcServer
    worker.once('died', (error) => this.events.emit('died', error))
  }

  get pid(): number {
    return this.worker.pid
  }

  get alive(): boolean {
    return !this.worker.closed && !this.worker.died
  }

  close(): void {
    this.worker.close()
  }
}

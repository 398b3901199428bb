import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Backoff } from '../kernel/backoff.ts'
import { MediaError, messageOf } from '../kernel/errors.ts'
import type { Task } from '../tasks/task.ts'
import type { Tasks } from '../tasks/tasks.ts'
import { MediaWorker, type MediaWorkerOptions } from './media-worker.ts'

type MediaWorkersEvents = { died: [worker: MediaWorker]; replaced: [worker: MediaWorker] }

/** Milliseconds within which a signal reaches every process of our group. */
const GROUP_SIGNAL_MS = 100

/** The media workers, one per CPU. A dead one is replaced in its place, on its port. */
export class MediaWorkers {
  readonly events = new EventEmitter<MediaWorkersEvents>()
  readonly #options: MediaWorkerOptions
  readonly #tasks: Tasks
  readonly #slots: (MediaWorker | undefined)[]
  #closed = false

  private constructor(count: number, options: MediaWorkerOptions, tasks: Tasks) {
    this.#options = options
    this.#tasks = tasks
    this.#slots = new Array(count).fill(undefined)
    this.events.setMaxListeners(0)
  }

  /** @throws {MediaError} `CONFIG_INVALID` when a port is somebody else's. */
  static async start(count: number, options: MediaWorkerOptions, tasks: Tasks): Promise<MediaWorkers> {
    const workers = new MediaWorkers(count, options, tasks)
    try {
      await Promise.all(workers.#slots.map((_, index) => workers.#fill(index, workers.#openTask(index))))
    } catch (error) {
      workers.close()
      if (!/address already in use|permission denied/.test(messageOf(error))) throw error
      throw new MediaError('CONFIG_INVALID', { issues: [{ name: 'RTC_PORT', problem: `can not be listened on: ${messageOf(error)}` }] })
    }
    return workers
  }

  get alive(): MediaWorker[] {
    return this.#slots.filter((worker) => worker?.alive) as MediaWorker[]
  }

  /**
   * The least loaded worker.
   * @throws {MediaError} `MEDIA_UNAVAILABLE` when none is alive.
   */
  pick(): MediaWorker {
    const idlest = this.alive.sort((a, b) => a.load - b.load)[0]
    if (!idlest) throw new MediaError('MEDIA_UNAVAILABLE')
    return idlest
  }

  close(): void {
    this.#closed = true
    for (const worker of this.#slots) worker?.close()
  }

  #openTask(index: number): Task {
    const restart = async () => {
      const worker = this.#slots[index]
      if (worker) process.kill(worker.pid, 'SIGKILL')
    }
    return this.#tasks.open({ type: 'MEDIA_WORKER', name: `media worker ${index}`, owner: 'core', restart })
  }

  async #fill(index: number, task: Task): Promise<void> {
    const worker = await MediaWorker.start(index, this.#options)
    if (this.#closed) return worker.close()
    this.#slots[index] = worker
    task.running()
    worker.events.once('died', (error) => void this.#replace(worker, task, error))
  }

  async #replace(dead: MediaWorker, task: Task, cause: Error): Promise<void> {
    // A signal to the whole process group, such as Ctrl-C, ends the workers cleanly a moment before we close them.
    if (endedCleanly(cause)) await wait(GROUP_SIGNAL_MS)
    if (this.#closed) return
    const { index } = dead
    this.#slots[index] = undefined
    task.restarting(cause)
    this.#options.log.error({ err: cause, mediaWorker: index, pid: dead.pid }, 'media worker died')
    this.events.emit('died', dead)

    const backoff = new Backoff({ firstMs: 50, maxMs: 5_000 })
    while (!this.#closed) {
      try {
        await this.#fill(index, task)
        break
      } catch (error) {
        this.#options.log.error({ err: error, mediaWorker: index }, 'media worker did not start')
        await wait(backoff.next())
      }
    }
    const fresh = this.#slots[index]
    if (fresh) this.events.emit('replaced', fresh)
  }
}

function endedCleanly(cause: Error): boolean {
  return cause.message.includes('code:0')
}

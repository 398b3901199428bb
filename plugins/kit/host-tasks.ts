import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { TaskState } from '../../core/tasks/task.ts'
import type { PluginTask, PluginTaskOptions, PluginTasks } from './host.ts'
import type { HostApi, ThreadApi } from './protocol.ts'
import type { Remote } from './rpc.ts'

/** The plugin's tasks: kept here, mirrored in the supervision tree of the main thread. */
export class ThreadTasks implements PluginTasks {
  readonly #host: Remote<HostApi>
  readonly #onFault: (error: unknown) => void
  readonly #open = new Map<number, PluginTaskOptions>()
  readonly #numbers = new WeakMap<PluginTask, number>()
  #last = 0

  constructor(host: Remote<HostApi>, onFault: (error: unknown) => void) {
    this.#host = host
    this.#onFault = onFault
  }

  open(options: PluginTaskOptions): PluginTask {
    const number = ++this.#last
    this.#open.set(number, options)
    const parent = options.parent && this.#numbers.get(options.parent)
    const verbs = { stop: options.stop !== undefined, restart: options.restart !== undefined }
    this.#host.tasks.open(number, parent, { type: options.type, name: options.name, ...verbs }).catch(this.#onFault)

    const become = (state: TaskState, cause?: unknown) => {
      if (!this.#open.has(number)) return
      if (state === 'STOPPED') this.#open.delete(number)
      this.#host.tasks.become(number, state, cause === undefined ? undefined : messageOf(cause)).catch(this.#onFault)
    }
    const task: PluginTask = {
      running: () => become('RUNNING'),
      restarting: (cause) => become('RESTARTING', cause),
      stopping: () => become('STOPPING'),
      failed: (cause) => become('FAILED', cause),
      stopped: (cause) => become('STOPPED', cause),
    }
    this.#numbers.set(task, number)
    return task
  }

  /** What the main thread asks for when somebody stops or restarts one of the tasks there. */
  readonly verbs: ThreadApi['tasks'] = {
    stop: (task) => this.#verb(task, 'stop'),
    restart: (task) => this.#verb(task, 'restart'),
  }

  async #verb(task: number, verb: 'stop' | 'restart'): Promise<void> {
    const options = this.#open.get(task)
    if (!options) throw new MediaError('TASK_NOT_FOUND')
    const run = options[verb]
    if (!run) throw new MediaError('TASK_FIXED', { verb })
    await run()
  }
}

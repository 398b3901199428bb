import { messageOf } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'

export type TaskState = 'STARTING' | 'RUNNING' | 'RESTARTING' | 'STOPPING' | 'STOPPED' | 'FAILED'

/** What kind of thing runs: `SERVER` is the root; the rest is what its owner says, such as `PLUGIN`, `INGRESS`, `PIPELINE`. */
export type TaskType = string

export type TaskOptions = {
  type: TaskType
  name: string
  /** Who runs it: `core`, or a plugin's name. */
  owner: string
  /** Stops it for good. Absent: it can not be stopped on its own. */
  stop?: () => Promise<void>
  /** Stops it and starts it again. Absent: it can not be restarted on its own. */
  restart?: () => Promise<void>
}

/** One long-running thing in the supervision tree. Its owner tells it what happens; watchers read it. */
export class Task {
  readonly id: string
  readonly type: TaskType
  readonly name: string
  readonly owner: string
  readonly startedAt = new Date()
  readonly children = new Set<Task>()
  readonly parent: Task | undefined
  readonly verbs: Pick<TaskOptions, 'stop' | 'restart'>
  readonly #changed: (task: Task) => void
  #state: TaskState = 'STARTING'
  #restarts = 0
  #lastError: string | undefined

  constructor(options: TaskOptions, parent: Task | undefined, changed: (task: Task) => void) {
    this.id = newId('TK')
    this.type = options.type
    this.name = options.name
    this.owner = options.owner
    this.parent = parent
    this.verbs = options
    this.#changed = changed
  }

  get state(): TaskState {
    return this.#state
  }

  get restarts(): number {
    return this.#restarts
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  get ended(): boolean {
    return this.#state === 'STOPPED'
  }

  running(): void {
    this.#become('RUNNING')
  }

  restarting(cause?: unknown): void {
    this.#restarts++
    this.#become('RESTARTING', cause)
  }

  stopping(): void {
    this.#become('STOPPING')
  }

  /** Parked: it failed too often, and stays in the tree with its last error until somebody restarts it. */
  failed(cause: unknown): void {
    this.#become('FAILED', cause)
  }

  /** Ended: it leaves the tree together with whatever ran below it. */
  stopped(cause?: unknown): void {
    if (this.ended) return
    for (const child of this.children) child.stopped()
    this.parent?.children.delete(this)
    this.#become('STOPPED', cause)
  }

  #become(state: TaskState, cause?: unknown): void {
    if (this.ended) return
    this.#state = state
    if (cause !== undefined) this.#lastError = messageOf(cause)
    this.#changed(this)
  }
}

import { EventEmitter } from 'node:events'
import { MediaError } from '../kernel/errors.ts'
import { Task, type TaskOptions } from './task.ts'

type TasksEvents = { changed: [task: Task] }

/** The supervision tree: everything that runs for long, from the server down to one pipeline. */
export class Tasks {
  readonly events = new EventEmitter<TasksEvents>()
  readonly root: Task
  readonly #byId = new Map<string, Task>()

  constructor() {
    this.events.setMaxListeners(0)
    this.root = new Task({ type: 'SERVER', name: 'patchbay', owner: 'core' }, undefined, this.#changed)
    this.#byId.set(this.root.id, this.root)
  }

  /** Adds a task below `parent`, or below the server itself. */
  open(options: TaskOptions, parent: Task = this.root): Task {
    const task = new Task(options, parent, this.#changed)
    parent.children.add(task)
    this.#byId.set(task.id, task)
    this.events.emit('changed', task)
    return task
  }

  /** @throws {MediaError} `TASK_NOT_FOUND` */
  get(id: string): Task {
    const task = this.#byId.get(id)
    if (!task) throw new MediaError('TASK_NOT_FOUND', { id })
    return task
  }

  /** Every task, parents before children. */
  *[Symbol.iterator](): Generator<Task> {
    yield* walk(this.root)
  }

  /** @throws {MediaError} `TASK_NOT_FOUND`, or `TASK_FIXED` when it can not be stopped on its own. */
  async stop(id: string): Promise<Task> {
    const task = this.get(id)
    if (!task.verbs.stop) throw new MediaError('TASK_FIXED', { id, verb: 'stop' })
    await task.verbs.stop()
    return task
  }

  /** @throws {MediaError} `TASK_NOT_FOUND`, or `TASK_FIXED` when it can not be restarted on its own. */
  async restart(id: string): Promise<Task> {
    const task = this.get(id)
    if (!task.verbs.restart) throw new MediaError('TASK_FIXED', { id, verb: 'restart' })
    await task.verbs.restart()
    return task
  }

  readonly #changed = (task: Task): void => {
    if (task.ended) this.#byId.delete(task.id)
    this.events.emit('changed', task)
  }
}

function* walk(task: Task): Generator<Task> {
  yield task
  for (const child of task.children) yield* walk(child)
}

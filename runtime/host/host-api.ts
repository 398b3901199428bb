import type { Task } from '../../core/tasks/task.ts'
import type { Tasks } from '../../core/tasks/tasks.ts'
import type { HostApi, ThreadApi } from '../../plugins/kit/protocol.ts'
import type { Remote } from '../../plugins/kit/rpc.ts'
import type { PluginApps } from './plugin-apps.ts'
import type { PluginBus } from './plugin-bus.ts'
import type { PluginLogs } from './plugin-logs.ts'

export type HostApiOptions = {
  plugin: string
  logs: PluginLogs
  bus: PluginBus
  apps: PluginApps
  tasks: Tasks
  /** The plugin's own task. */
  task: Task
  remote: () => Remote<ThreadApi>['tasks']
}

/** What one run of a plugin may ask of the host. `close` ends what the run left behind. */
export function hostApi(options: HostApiOptions): { api: Omit<HostApi, 'lifecycle'>; close: () => void } {
  const { plugin, logs, bus, apps, tasks, remote } = options
  const opened = new Map<number, Task>()
  const api: Omit<HostApi, 'lifecycle'> = {
    log: { write: (lines) => logs.write(lines) },
    events: {
      watch: (topic, signal) => bus.watch(topic, signal),
      emit: (topic, payload) => bus.emit(plugin, topic, payload),
    },
    tasks: {
      open(number, parent, { type, name, stop, restart }) {
        const verbs = {
          ...(stop ? { stop: () => remote().stop(number) } : {}),
          ...(restart ? { restart: () => remote().restart(number) } : {}),
        }
        const above = (parent === undefined ? undefined : opened.get(parent)) ?? options.task
        opened.set(number, tasks.open({ type, name, owner: plugin, ...verbs }, above))
      },
      become(number, state, error) {
        const task = opened.get(number)
        if (!task) return
        if (state === 'RUNNING') task.running()
        else if (state === 'RESTARTING') task.restarting(error)
        else if (state === 'STOPPING') task.stopping()
        else if (state === 'FAILED') task.failed(error ?? 'unknown')
        else if (state === 'STOPPED') {
          opened.delete(number)
          task.stopped(error)
        }
      },
    },
    apps: {
      get: (app) => apps.get(plugin, app),
      watch: (present, signal) => apps.watch(plugin, present, signal),
    },
  }
  const close = () => {
    for (const task of opened.values()) task.stopped()
    opened.clear()
  }
  return { api, close }
}

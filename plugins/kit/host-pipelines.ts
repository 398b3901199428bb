import type { Lifetime } from '../../core/kernel/lifetime.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { PluginPipelines } from './host.ts'
import type { ThreadTasks } from './host-tasks.ts'

/** Pipelines that end with the plugin, each a task under it. */
export function threadPipelines(tasks: ThreadTasks, log: Log, lifetime: Lifetime): PluginPipelines {
  return {
    async start({ signal, task: known, ...options }) {
      const { startPipeline } = await import('../../native/pipeline.ts')
      const stopped = signal ? AbortSignal.any([signal, lifetime.signal]) : lifetime.signal
      const run = () => startPipeline({ ...options, log: log.child({ pipeline: options.name }), signal: stopped })
      if (known) return await run()

      let stop = async () => {}
      const task = tasks.open({ type: 'PIPELINE', name: options.name, stop: () => stop() })
      try {
        const pipeline = await run()
        stop = async () => {
          task.stopping()
          await pipeline.stop()
        }
        pipeline.events.once('closed', (reason, detail) =>
          task.stopped(reason === 'REQUESTED' || reason === 'EOS' ? undefined : (detail ?? reason)),
        )
        if (pipeline.end) task.stopped(pipeline.end.detail)
        else task.running()
        return pipeline
      } catch (error) {
        task.stopped(error)
        throw error
      }
    },
  }
}

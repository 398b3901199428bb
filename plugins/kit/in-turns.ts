import type { PluginPipelines } from './host.ts'

/**
 * Starts a few pipelines at a time, the others in turn: to make a process holds this thread up for some milliseconds, and
 * fifty encoders that come back at once would stop it for a second.
 */
export function inTurns(pipelines: PluginPipelines, atOnce: number): PluginPipelines {
  const waiting: (() => void)[] = []
  let starting = 0
  return {
    async start(options) {
      if (starting >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
      else starting++
      try {
        return await pipelines.start(options)
      } finally {
        // Whoever is next takes this place over.
        const next = waiting.shift()
        if (next) setImmediate(next)
        else starting--
      }
    },
  }
}

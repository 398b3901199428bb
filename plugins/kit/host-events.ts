import type { Log } from '../../core/kernel/log.ts'
import type { PluginEvents } from './host.ts'
import type { HostApi } from './protocol.ts'
import type { Remote } from './rpc.ts'

/** Events over the port: only topics that somebody here listens to cross it, no faster than they are handled. */
export function threadEvents(host: Remote<HostApi>, log: Log, stopped: AbortSignal): PluginEvents {
  return {
    on(topic: string, handler: (payload: never) => void | Promise<void>) {
      return follow(
        (signal) => host.events.watch(topic, signal),
        // What a topic carries is core's word; here it is only forwarded.
        handler as (payload: unknown) => void | Promise<void>,
        stopped,
        (error) => log.error({ err: error, topic }, 'an event handler failed'),
      )
    },
    emit(topic, payload) {
      host.events.emit(topic, payload).catch((error: unknown) => log.error({ err: error, topic }, 'an event could not be told'))
    },
  }
}

/** Reads a sequence until the answered function is called; a handler that fails misses one value, not the rest. */
export function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  handler: (value: T) => void | Promise<void>,
  stopped: AbortSignal,
  onFault: (error: unknown) => void,
): () => void {
  const abort = new AbortController()
  const signal = AbortSignal.any([abort.signal, stopped])
  const read = async () => {
    for await (const value of await open(signal)) {
      try {
        await handler(value)
      } catch (error) {
        onFault(error)
      }
    }
  }
  read().catch((error: unknown) => {
    if (!signal.aborted) onFault(error)
  })
  return () => abort.abort()
}

import { EventEmitter } from 'node:events'
import type { CoreEvents } from '../../core/events/events.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import { Feed } from '../../core/kernel/feed.ts'
import { told } from './core-port.ts'

/** Events that wait for one plugin which is slow to handle them; beyond that the oldest is dropped. */
const LIMIT = 1_000

/** Every plugin may tell this, so that an app's webhook is told it: `{ app, event, data }`. */
export const CALLBACK_TOPIC = 'callbacks:event'

/** What plugins hear: core's events as plain data, by core's names, and each other's as `plugin:event`. */
export class PluginBus {
  readonly #core: CoreEvents | undefined
  readonly #plugins = new EventEmitter<Record<string, [payload: unknown]>>().setMaxListeners(0)

  constructor(core?: CoreEvents) {
    this.#core = core
  }

  /** @throws {MediaError} `INPUT_INVALID` when no such topic can exist. */
  watch(topic: string, signal?: AbortSignal): AsyncIterable<unknown> {
    const unsubscribe = topic.includes(':')
      ? this.#onPlugin(topic, (value) => feed.push(value))
      : this.#onCore(topic, (value) => feed.push(value))
    const feed = new Feed<unknown>({ limit: LIMIT, onEnd: unsubscribe })
    signal?.addEventListener('abort', () => feed.end(), { once: true })
    return feed
  }

  /** @throws {MediaError} `INPUT_INVALID` when the topic is not one of the plugin's own. */
  emit(plugin: string, topic: string, payload: unknown): void {
    if (topic !== CALLBACK_TOPIC && !topic.startsWith(`${plugin}:`))
      throw new MediaError('INPUT_INVALID', { field: 'topic', topic, expected: `${plugin}:…` })
    this.#plugins.emit(topic, payload)
  }

  #onPlugin(topic: string, listener: (payload: unknown) => void): () => void {
    this.#plugins.on(topic, listener)
    return () => this.#plugins.off(topic, listener)
  }

  #onCore(topic: string, push: (payload: unknown) => void): () => void {
    if (!isTold(topic)) throw new MediaError('INPUT_INVALID', { field: 'topic', topic })
    // The table gives each topic the arguments of its own event.
    const toData = told[topic] as (...args: unknown[]) => unknown
    const listener = (...args: unknown[]) => push(toData(...args))
    this.#core?.on(topic, listener)
    return () => this.#core?.off(topic, listener)
  }
}

function isTold(topic: string): topic is keyof typeof told {
  return Object.hasOwn(told, topic)
}

import { Feed } from '../../core/kernel/feed.ts'
import type { PluginInApp } from '../../plugins/kit/protocol.ts'

/** What apps say about plugins: whether they use one, and with which options of their own. */
export type PluginApps = {
  get(plugin: string, app: string): Promise<PluginInApp>
  /** @param present Whether what every app says now comes first. */
  watch(plugin: string, present: boolean, signal?: AbortSignal): AsyncIterable<PluginInApp>
}

/** Every app uses every plugin as it is. */
export const allApps: PluginApps = {
  get: async (_plugin, app) => ({ app, config: undefined }),
  watch: (_plugin, _present, signal) => {
    const feed = new Feed<PluginInApp>()
    signal?.addEventListener('abort', () => feed.end(), { once: true })
    return feed
  },
}

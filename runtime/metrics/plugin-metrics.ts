import type { Registry } from 'prom-client'
import type { PluginHealth, PluginsService, PluginView } from '../../schema/context.ts'
import { counter, gauge } from './instruments.ts'

/** How the plugins are doing. */
export function pluginMetrics(registry: Registry, plugins: Pick<PluginsService, 'list'>): void {
  const labels = ['plugin']
  const each = (valueIn: (plugin: PluginView) => number) => () =>
    plugins.list().map((plugin) => ({ labels: { plugin: plugin.name }, value: valueIn(plugin) }))
  const running = (valueIn: (health: PluginHealth) => number) => () =>
    plugins.list().flatMap(({ name, health }) => (health ? { labels: { plugin: name }, value: valueIn(health) } : []))

  gauge(registry, {
    name: 'patchbay_plugin_up',
    help: 'Whether a plugin runs.',
    labels,
    read: each(({ state }) => (state === 'RUNNING' ? 1 : 0)),
  })
  counter(registry, {
    name: 'patchbay_plugin_restarts_total',
    help: 'How often a plugin was started again after it failed.',
    labels,
    read: each(({ restarts }) => restarts),
  })
  gauge(registry, {
    name: 'patchbay_plugin_heap_bytes',
    help: "Used heap of a plugin's thread.",
    labels,
    read: running(({ heapUsedBytes }) => heapUsedBytes),
  })
  gauge(registry, {
    name: 'patchbay_plugin_event_loop_delay_seconds',
    help: "Mean delay of a plugin's event loop.",
    labels,
    read: running(({ eventLoopDelayMs }) => eventLoopDelayMs / 1_000),
  })
  counter(registry, {
    name: 'patchbay_plugin_cpu_seconds_total',
    help: 'CPU time of a plugin since its thread was started.',
    labels,
    read: running(({ cpuMs }) => cpuMs / 1_000),
  })
}

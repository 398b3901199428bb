import { pluginBuilder } from 'patchbay/kit'
import type { Tick, Ticks } from './ticks.ts'

/** Adds the ticks to the API: the last one, and each as it comes. */
export function templateSchema(ticks: Ticks) {
  const builder = pluginBuilder()

  const TickType = builder.objectRef<Tick>('TemplateTick').implement({
    description: 'One tick of the template plugin.',
    fields: (t) => ({
      count: t.exposeInt('count', { description: 'Ticks since the plugin was started.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    }),
  })

  builder.queryField('templateTick', (t) => t.field({ type: TickType, description: 'The last tick.', resolve: () => ticks.last }))

  builder.subscriptionField('templateTicks', (t) =>
    t.field({
      type: TickType,
      description: 'The last tick, then every one that follows. A slow reader gets the latest.',
      subscribe: () => ticks.watch(),
      resolve: (tick) => tick,
    }),
  )

  return builder.toSchema()
}

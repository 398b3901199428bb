import { definePlugin } from 'patchbay/kit'
import { TemplateConfig } from './config.ts'
import { templateSchema } from './schema.ts'
import { Ticks } from './ticks.ts'

/** A small working plugin, made to be copied: it ticks. */
export default definePlugin({
  name: 'template',
  version: '1.0.0',
  title: 'Template',
  config: TemplateConfig,

  setup({ config, http, lifetime, log }) {
    const ticks = new Ticks(config.intervalMs)
    lifetime.add('ticks', () => ticks.close())

    http.route('GET', '/template/:name', (_request, { params }) => Response.json({ hello: params.name, ticks: ticks.last.count }))

    log.info({ intervalMs: config.intervalMs }, 'ticking')
    return { schema: templateSchema(ticks) }
  },
})

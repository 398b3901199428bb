import { definePlugin } from 'patchbay/kit'
import { POSITIONS, WatermarkConfig, WatermarkInApp } from './config.js'
import { watermarkSchema } from './schema.js'

/** Shows a line of text over the picture in every player of an app. */
export default definePlugin({
  name: 'watermark',
  version: '1.0.0',
  title: 'Watermark',
  description: 'Shows a line of text over the picture in every player of the app, such as who may see it.',
  category: 'tool',
  ui: 'player-overlay',
  optional: true,
  config: WatermarkConfig,
  appConfig: WatermarkInApp,

  setup({ apps, core, log }) {
    apps.follow(async (app, { enabled, config }) => {
      await core.player.show(app, enabled ? [{ ...config, position: POSITIONS[config.position] }] : [])
      log.info({ app, enabled, ...config }, 'watermark')
    })
    return { schema: watermarkSchema(apps) }
  },
})

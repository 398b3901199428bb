import { definePlugin } from 'patchbay/kit'
import { WatermarkConfig, WatermarkInApp } from './config.js'
import { watermarkSchema } from './schema.js'

/** Shows a line of text over the picture in every player of an app. */
export default definePlugin({
  name: 'watermark',
  version: '1.0.0',
  title: 'Watermark',
  config: WatermarkConfig,
  appConfig: WatermarkInApp,

  setup({ config, apps, core, log }) {
    apps.follow(async (app, { enabled, config: inApp }) => {
      const overlay = { ...config, ...inApp }
      await core.player.show(app, enabled && overlay.text !== '' ? [overlay] : [])
      log.info({ app, enabled, ...overlay }, 'watermark')
    })
    return { schema: watermarkSchema(config, apps) }
  },
})

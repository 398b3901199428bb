import { definePluginsConfig, use } from './plugins/kit/define-config.ts'
import type pull from './plugins/pull/plugin.ts'
import type recorder from './plugins/recorder/plugin.ts'
import type rtmp from './plugins/rtmp/plugin.ts'
import type snapshot from './plugins/snapshot/plugin.ts'
import type whip from './plugins/whip/plugin.ts'
import type wsMjpeg from './plugins/ws-mjpeg/plugin.ts'

/** The plugins of this server, with their options. A path is relative to this file; an npm package goes by its name. */
export default definePluginsConfig(({ host, rtmpPort, goLive }) => [
  use<typeof whip>('./plugins/whip/plugin.ts'),
  use<typeof rtmp>('./plugins/rtmp/plugin.ts', { host, port: rtmpPort }),
  use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts'),
  use<typeof pull>('./plugins/pull/plugin.ts'),
  use<typeof snapshot>('./plugins/snapshot/plugin.ts'),
  use<typeof recorder>('./plugins/recorder/plugin.ts', {
    always: goLive.records.enabled ? ['live'] : [],
    folders: goLive.records.dir === undefined ? {} : { live: goLive.records.dir },
  }),
  use('./examples/watermark/plugin.js'),
])

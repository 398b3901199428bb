import { definePlugin } from '../kit/define-plugin.ts'
import { WhipConfig } from './config.ts'
import { Newsroom } from './newsroom.ts'
import { webRtcSchema } from './schema.ts'
import { serveWhep } from './whep.ts'
import { serveWhip } from './whip.ts'

/** Lets browsers and encoders publish by WHIP, and players watch by WHEP. */
export default definePlugin({
  name: 'whip',
  version: '1.0.0',
  title: 'WHIP and WHEP',
  description: 'Lets browsers and encoders publish by WHIP, and players watch by WHEP.',
  config: WhipConfig,

  setup(host) {
    const options = { log: host.log, retryAfterSeconds: host.config.retryAfterSeconds }
    serveWhip(host, options)
    serveWhep(host, new Newsroom(host), options)
    return { schema: webRtcSchema(host.core) }
  },
})

import { definePlugin } from '../kit/define-plugin.ts'
import { RecorderConfig } from './config.ts'
import { Recordings } from './recordings.ts'
import { recorderSchema } from './schema.ts'

/** Keeps what participants and rooms show, in files that survive whatever dies. */
export default definePlugin({
  name: 'recorder',
  version: '1.0.0',
  title: 'Recorder',
  description: 'Records participants and rooms to files, splits them, and keeps them here or in S3.',
  category: 'processor',
  config: RecorderConfig,

  setup(host) {
    const recordings = new Recordings(host)
    host.lifetime.add('recordings', () => recordings.close())
    return { schema: recorderSchema(host, recordings) }
  },
})

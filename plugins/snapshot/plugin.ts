import { Turns } from '../../core/kernel/turns.ts'
import { definePlugin } from '../kit/define-plugin.ts'
import { SnapshotConfig } from './config.ts'
import { serveSnapshots, serveTaken } from './http.ts'
import { snapshotSchema } from './schema.ts'
import { Snapshots } from './snapshot.ts'
import { TakenSnapshots } from './taken.ts'

/** JPEG pictures of what is live: small ones to look at, and large ones to keep. */
export default definePlugin({
  name: 'snapshot',
  version: '1.0.0',
  title: 'Snapshots',
  description: 'Takes JPEG pictures of what is live.',
  config: SnapshotConfig,

  setup(host) {
    const { maxCaptures, maxWaiting } = host.config
    const turns = new Turns(maxCaptures, maxWaiting)
    const snapshots = new Snapshots(host, host.config, turns)
    const taken = new TakenSnapshots(host, turns)
    host.lifetime.add('taken snapshots', () => taken.close())
    void taken.clean()
    host.lifetime.add(
      'pictures of ended tracks',
      host.events.on('track.unpublished', ({ track }) => snapshots.forget(track.id)),
    )
    serveSnapshots(host, snapshots)
    serveTaken(host)
    return { schema: snapshotSchema(taken) }
  },
})

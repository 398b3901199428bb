import { definePlugin } from '../kit/define-plugin.ts'
import { SnapshotConfig } from './config.ts'
import { serveSnapshots } from './http.ts'
import { Snapshots } from './snapshot.ts'

/** Small JPEG pictures of what is live. */
export default definePlugin({
  name: 'snapshot',
  version: '1.0.0',
  title: 'Snapshots',
  config: SnapshotConfig,

  setup(host) {
    const snapshots = new Snapshots(host, host.config)
    host.lifetime.add(
      'pictures of ended tracks',
      host.events.on('track.unpublished', ({ track }) => snapshots.forget(track.id)),
    )
    serveSnapshots(host, snapshots)
  },
})

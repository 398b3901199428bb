import { definePlugin } from '../kit/define-plugin.ts'
import { beforeDeletion } from './app-deletion.ts'
import { RecorderConfig } from './config.ts'
import { Following } from './following.ts'
import { Recordings } from './recordings.ts'
import { recover } from './recovery.ts'
import { Rules } from './rules.ts'
import { recorderSchema } from './schema.ts'
import { keepElsewhere } from './vod/elsewhere.ts'
import { Links } from './vod/links.ts'
import { serveMedia } from './vod/media-routes.ts'
import { Passes } from './vod/passes.ts'
import { Vault } from './vod/vault.ts'

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
    host.lifetime.add('recordings', () => recordings.endAll('SHUTDOWN'))
    const vault = new Vault({ host, recordings })
    host.lifetime.add('uploads', () => vault.close())
    recordings.deliverBy(vault)
    const passes = new Passes()
    const links = new Links(vault, passes)
    serveMedia({ host, store: recordings.store, vault, passes })
    const rules = new Rules(recordings.store, host.config.always)
    const following = new Following({ host, recordings, rules })
    host.lifetime.add('rules', () => following.close())
    const known = new Set<string>()
    host.apps.follow(async (name, { enabled }) => {
      if (!enabled) return recordings.endAll('REQUESTED', name)
      if (known.has(name)) return
      known.add(name)
      const app = await host.core.apps.get(name)
      const elsewhere = host.config.folders[name]
      if (elsewhere !== undefined) await keepElsewhere(app, elsewhere)
      await recover(host, recordings, app)
      await vault.open(app)
      await following.begin(app)
    })
    host.apps.beforeDelete((name, deletion) => beforeDeletion(host, recordings, name, deletion))
    host.events.on('app.changed', async ({ app: { name }, change }) => {
      if (change === 'CHANGED') vault.reconsider(name)
      if (change !== 'DELETED') return
      known.delete(name)
      await vault.forget(name)
      passes.forget(name)
      await recordings.endAll('DELETED', name)
      recordings.store.forget(name)
    })
    return { schema: recorderSchema({ core: host.core, recordings, links, rules, passes }) }
  },
})

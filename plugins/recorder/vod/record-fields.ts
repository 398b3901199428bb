import { MediaError } from '../../../core/kernel/errors.ts'
import type { Host } from '../../kit/host.ts'
import type { PluginBuilder } from '../../kit/schema.ts'
import type { Passes } from './passes.ts'
import { hasRecord, type RecordFile, recordFiles } from './record-files.ts'

const LINK_S = 3_600

/** Adds the files of an app's recordings to the API, for clients that know nothing else of recordings. */
export function addRecordFields(builder: PluginBuilder, { core }: Pick<Host, 'core'>, passes: Passes): void {
  const File = builder.objectRef<RecordFile>('RecordFile').implement({
    description: "A file in an app's folder of recordings.",
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name.' }),
      sizeBytes: t.expose('sizeBytes', { type: 'BigInt', description: 'Its size in bytes.' }),
      modifiedAt: t.expose('modifiedAt', { type: 'DateTime', description: 'When it was written last.' }),
    }),
  })
  const APP = { required: true as const, description: 'Name of the app.' }
  builder.queryFields((t) => ({
    recordFiles: t.field({
      type: [File],
      description: 'The media files in the folder of recordings, made here or not; the last written comes first.',
      extensions: { grant: 'vod:read' },
      args: { app: t.arg.string(APP) },
      resolve: async (_root, { app }) => recordFiles(await core.apps.get(app)),
    }),
    recordFileUrl: t.string({
      description: 'A link of this server with which anybody can read such a file for an hour; without scheme and host.',
      extensions: { grant: 'vod:read' },
      args: { app: t.arg.string(APP), name: t.arg.string({ required: true, description: 'Name of the file.' }) },
      resolve: async (_root, { app: name, name: file }) => {
        const app = await core.apps.get(name)
        if (!(await hasRecord(app, file))) throw new MediaError('NOT_FOUND', { file })
        const pass = await passes.issue(app, `file/${file}`, LINK_S)
        return `/vod/${encodeURIComponent(app.name)}/files/${pass}/${encodeURIComponent(file)}`
      },
    }),
  }))
}

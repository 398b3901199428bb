import type { ObjectRef } from '@pothos/core'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { Host } from '../../kit/host.ts'
import type { PluginBuilder } from '../../kit/schema.ts'
import type { RecordingOf } from '../recording-type.ts'
import type { RecordingStore } from '../store.ts'
import { downloadName } from './download-name.ts'
import { type Links, LONGEST_LINK_S } from './links.ts'
import { VariantReader } from './variant-rows.ts'
import { variantType } from './variant-type.ts'

export type VodGround = { readonly core: Host['core']; readonly store: RecordingStore; readonly links: Links }
type Recordings = ObjectRef<PothosSchemaTypes.ExtendDefaultTypes<import('../../kit/schema.ts').PluginSchemaTypes>, RecordingOf>

/** Where recordings are seen and fetched, as fields of `Recording`. What is not ready yet has no addresses. */
export function addVodFields(builder: PluginBuilder, Recording: Recordings, { core, store, links }: VodGround): void {
  const Variant = variantType(builder, { core, links })
  const lasting = (defaultValue: number) => ({ defaultValue, description: `How many seconds the link lasts, up to ${LONGEST_LINK_S}.` })
  const reader = new VariantReader((app) => store.of(app))
  const nullable = true

  builder.objectFields(Recording, (t) => ({
    appNumber: t.int({ description: 'Number of the app it belongs to.', resolve: async ({ app }) => (await core.apps.get(app)).number }),
    downloadName: t.string({ description: 'The name that it is saved under elsewhere.', resolve: ({ row }) => downloadName(row) }),
    s3Url: t.string({
      nullable,
      description: 'Where its object is, for whoever may read the bucket.',
      resolve: async ({ app, row }) => (await links.plain(await core.apps.get(app), row.objectKey))?.s3,
    }),
    publicUrl: t.string({
      nullable,
      description: 'Where anybody can read it; null unless the bucket has a public address.',
      resolve: async ({ app, row }) => (await links.plain(await core.apps.get(app), row.objectKey))?.public,
    }),
    presignedUrl: t.string({
      nullable,
      description: 'A link with which anybody can read its object for a while; null when it is in no bucket.',
      args: {
        expiresInSeconds: t.arg.int(lasting(LONGEST_LINK_S)),
        download: t.arg.boolean({ defaultValue: false, description: 'Whether browsers save it instead of showing it.' }),
      },
      resolve: async ({ app, row }, { expiresInSeconds, download }) => {
        if (row.state !== 'READY') return null
        return links.presigned(await core.apps.get(app), row, seconds(expiresInSeconds, LONGEST_LINK_S), download ?? false)
      },
    }),
    mediaUrl: t.string({
      nullable,
      description:
        'A link of this server with which anybody can read it for a while, wherever it is kept; without scheme and host. It takes ranges.',
      args: {
        expiresInSeconds: t.arg.int(lasting(3_600)),
        download: t.arg.boolean({ defaultValue: false, description: 'Whether browsers save it instead of showing it.' }),
      },
      resolve: async ({ app, row }, { expiresInSeconds, download }) => {
        if (row.state !== 'READY' || (row.file === null && row.objectKey === null)) return null
        const url = await links.media(await core.apps.get(app), row, 'file', seconds(expiresInSeconds, 3_600))
        return download ? `${url}?download` : url
      },
    }),
    playbackUrl: t.string({
      nullable,
      description: 'A link to the page that plays it, with which anybody may see it for a while; without scheme and host.',
      args: { expiresInSeconds: t.arg.int(lasting(86_400)) },
      resolve: async ({ app, row }, { expiresInSeconds }) =>
        row.state === 'READY' ? links.page(await core.apps.get(app), row, seconds(expiresInSeconds, 86_400)) : null,
    }),
    thumbnailUrl: t.string({
      nullable,
      description: 'A link of this server to a picture of it; without scheme and host.',
      args: { expiresInSeconds: t.arg.int(lasting(3_600)) },
      resolve: async ({ app, row }, { expiresInSeconds }) =>
        row.state === 'READY' && row.snapshotKey !== null
          ? links.media(await core.apps.get(app), row, 'thumbnail.jpg', seconds(expiresInSeconds, 3_600))
          : null,
    }),
    variants: t.field({
      type: [Variant],
      description: 'What was made of it, or will be: renditions, another format, small pictures to seek by.',
      resolve: async ({ app, row }) => (await reader.of(app, row.number)).map((variant) => ({ app, row, variant })),
    }),
  }))
}

/** @throws {MediaError} `INPUT_INVALID` */
function seconds(given: number | null | undefined, otherwise: number): number {
  const value = given ?? otherwise
  if (value < 1 || value > LONGEST_LINK_S)
    throw new MediaError('INPUT_INVALID', { field: 'expiresInSeconds', reason: `must be 1 to ${LONGEST_LINK_S}` })
  return value
}

import type { Host } from '../../kit/host.ts'
import type { PluginBuilder } from '../../kit/schema.ts'
import type { RecordingOf } from '../recording-type.ts'
import type { Links } from './links.ts'
import type { VariantRow } from './variant-rows.ts'

export type VariantOf = RecordingOf & { readonly variant: VariantRow }

const LINK_S = 86_400

/** What is made of recordings, as the API tells it. */
export function variantType(builder: PluginBuilder, { core, links }: { core: Host['core']; links: Links }) {
  const Kind = builder.enumType('RecordingVariantKind', {
    description: 'What was made of a recording.',
    values: {
      MASTER: { description: 'An HLS playlist of its renditions.' },
      RENDITION: { description: 'The recording in another size.' },
      ALTERNATE: { description: 'The recording in another format.' },
      STORYBOARD: { description: 'Small pictures of it, to seek by.' },
    } as const,
  })
  const State = builder.enumType('RecordingVariantState', {
    description: 'How far a variant has come.',
    values: {
      WAITING: { description: 'It is to be made.' },
      MADE: { description: 'It is made, and on its way to the bucket.' },
      READY: { description: 'It is there.' },
      FAILED: { description: 'It could not be made; `error` says why.' },
    } as const,
  })
  return builder.objectRef<VariantOf>('RecordingVariant').implement({
    description: 'Something that was made of a recording.',
    fields: (t) => ({
      number: t.int({ description: 'A short id, unique in its app.', resolve: ({ variant }) => variant.number }),
      kind: t.field({ type: Kind, description: 'What it is.', resolve: ({ variant }) => variant.kind }),
      format: t.string({ description: 'hls, hls-h264, webm-vp8 or vtt.', resolve: ({ variant }) => variant.format }),
      state: t.field({ type: State, description: 'How far it has come.', resolve: ({ variant }) => variant.state }),
      heightPx: t.int({ nullable: true, description: 'Height of its picture in pixels.', resolve: ({ variant }) => variant.heightPx }),
      bitrateKbps: t.int({
        nullable: true,
        description: 'The bitrate of its picture that was aimed at, in kbit/s.',
        resolve: ({ variant }) => variant.bitrateKbps,
      }),
      key: t.string({
        description: 'Key of its object, or its path below the folder of recordings.',
        resolve: ({ variant }) => variant.objectKey ?? variant.file,
      }),
      objectKey: t.string({
        nullable: true,
        description: 'Key of its object; null: it is in no bucket.',
        resolve: ({ variant }) => variant.objectKey,
      }),
      sizeBytes: t.field({
        type: 'BigInt',
        nullable: true,
        description: 'Bytes of all its files.',
        resolve: ({ variant }) => variant.sizeBytes,
      }),
      publicUrl: t.string({
        nullable: true,
        description: 'Where anybody can read it; null unless the bucket has a public address.',
        resolve: async ({ app, variant }) => (await links.plain(await core.apps.get(app), variant.objectKey))?.public,
      }),
      mediaUrl: t.string({
        nullable: true,
        description: 'A link of this server with which anybody can read it for a day; without scheme and host.',
        resolve: async ({ app, row, variant }) =>
          variant.state === 'READY' || variant.state === 'MADE'
            ? links.media(await core.apps.get(app), row, variant.file.slice(row.name.length + 1), LINK_S)
            : null,
      }),
      error: t.string({ nullable: true, description: 'Why it could not be made.', resolve: ({ variant }) => variant.error }),
    }),
  })
}

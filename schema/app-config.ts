import type { ConfigBackup } from '../core/app/config-backups.ts'
import type { AppliedPreset, ConfigCheck, ConfigReload } from '../core/app/config-editor.ts'
import { CONFIG_PRESETS, type ConfigPreset, presetLines } from '../core/app/presets.ts'
import { AppConfigType } from './app-config-types.ts'
import { EncoderChoiceEnum } from './app-enums.ts'
import { builder } from './builder.ts'
import type { Hwaccel } from './context.ts'
import { nameIn } from './global-ids.ts'
import { GpuTypeEnum } from './gpu.ts'
import { AppType } from './refs.ts'
import { appTarget } from './targets.ts'

const READ = { grant: 'config:read', target: appTarget.parent } as const
const WRITE = { grant: 'config:write', target: appTarget.name } as const
const NAME = { required: true, description: 'Name of the app.' } as const
const STAMP = { required: true, description: 'The stamp of the backup.' } as const

const Backup = builder.objectRef<ConfigBackup>('ConfigBackup').implement({
  description: 'What the configuration file of an app was before somebody changed it.',
  fields: (t) => ({
    stamp: t.exposeString('stamp', { description: 'When it was taken, in UTC: `20260131T235959123Z`. Names it.' }),
    file: t.exposeString('file', { description: 'Name of its file, in the folder of the app.' }),
    sizeBytes: t.exposeInt('sizeBytes', { description: 'Its length, in bytes.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was taken.' }),
  }),
})

const Preset = builder.objectRef<ConfigPreset>('ConfigPreset').implement({
  description: 'A way to deliver, as one change of the configuration of an app.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    title: t.exposeString('title', { description: 'What it is called.' }),
    description: t.exposeString('description', { description: 'What it does.' }),
    useCase: t.exposeString('useCase', { description: 'For whom it is.' }),
    sets: t.stringList({ description: 'The keys of the file that it sets, each with its value.', resolve: presetLines }),
  }),
})

const Check = builder.objectRef<ConfigCheck>('ConfigCheck').implement({
  description: "How a text would do as an app's configuration file.",
  fields: (t) => ({
    valid: t.exposeBoolean('valid', { description: 'Whether it would be taken.' }),
    warnings: t.stringList({
      description: 'What in it is not understood, or not taken from there.',
      resolve: ({ warnings }) => [...warnings],
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it would not be taken.' }),
    diff: t.exposeString('diff', {
      description: 'Every line, beginning with two spaces when it stays, `- ` when it goes and `+ ` when it comes; empty without a change.',
    }),
    changed: t.exposeBoolean('changed', { description: 'Whether it differs from the present file.' }),
  }),
})

const Reload = builder.objectRef<ConfigReload>('ConfigReload').implement({
  description: 'What came of reading the configuration file of an app.',
  fields: (t) => ({
    reloaded: t.exposeBoolean('reloaded', {
      description: 'Whether the app follows it now. It stays as it is when the file can not be used.',
    }),
    warnings: t.stringList({
      description: 'What in it is not understood, not taken from there, or why it can not be used.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
})

const Applied = builder.objectRef<AppliedPreset>('AppliedPreset').implement({
  description: 'What a preset changed.',
  fields: (t) => ({
    preset: t.exposeString('preset', { description: 'Its name.' }),
    changed: t.stringList({
      description: 'The dotted keys of the file that have other values now.',
      resolve: ({ changed }) => [...changed],
    }),
    diff: t.exposeString('diff', { description: 'Every line of the file, marked as in `checkAppConfig`.' }),
    warnings: t.stringList({
      description: 'What in the file is not understood, or not taken from there.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
})

const HwaccelType = builder.objectRef<Hwaccel>('Hwaccel').implement({
  description: 'What encodes for an app.',
  fields: (t) => ({
    requested: t.expose('requested', { type: EncoderChoiceEnum, description: 'What its configuration asks for.' }),
    effective: t.expose('effective', { type: EncoderChoiceEnum, description: 'What it gets.' }),
    type: t.expose('type', { type: GpuTypeEnum, description: 'The hardware that is used.' }),
    reason: t.exposeString('reason', { description: 'Why it is so.' }),
  }),
})

builder.objectFields(AppType, (t) => ({
  config: t.field({
    type: AppConfigType,
    description: 'Its configuration; secrets are masked.',
    extensions: READ,
    resolve: ({ config, callbackSecret }) => ({ ...config, callbacks: { ...config.callbacks, secret: callbackSecret } }),
  }),
  configText: t.string({
    description: 'Its configuration file, as it is.',
    extensions: READ,
    resolve: (app, _args, { core }) => core.apps.configs.text(app),
  }),
  configBackups: t.field({
    type: [Backup],
    description: 'What its configuration file was before; newest first, at most 20.',
    extensions: READ,
    resolve: (app, _args, { core }) => core.apps.configs.backups(app),
  }),
  configBackup: t.string({
    description: 'The text of a backup.',
    extensions: READ,
    args: { stamp: t.arg.string(STAMP) },
    resolve: (app, { stamp }, { core }) => core.apps.configs.backup(app, stamp),
  }),
  configPresets: t.field({
    type: [Preset],
    description: 'What `applyConfigPreset` can apply to it.',
    extensions: READ,
    resolve: () => [...CONFIG_PRESETS],
  }),
  hwaccel: t.field({
    type: HwaccelType,
    description: 'What encodes for it.',
    extensions: READ,
    resolve: ({ config }, _args, { gpu }) => gpu.resolveHwaccel(config.transcoding.hwaccel),
  }),
}))

builder.queryField('checkAppConfig', (t) =>
  t.field({
    type: Check,
    description: "How a text would do as an app's configuration file, without writing it.",
    extensions: { grant: 'config:read', target: appTarget.name },
    args: { name: t.arg.string(NAME), text: t.arg.string({ required: true, description: 'The YAML text.' }) },
    resolve: (_root, { name, text }, { core }) => core.apps.configs.check(core.apps.get(nameIn(name)), text),
  }),
)

builder.mutationFields((t) => ({
  replaceAppConfig: t.field({
    type: Reload,
    description: "Replaces an app's configuration file, which is kept as a backup. Nothing is written when the text can not be used.",
    extensions: WRITE,
    args: { name: t.arg.string(NAME), text: t.arg.string({ required: true, description: 'The YAML text.' }) },
    resolve: async (_root, { name, text }, { core: { apps } }) => ({
      reloaded: true,
      warnings: await apps.configs.replace(apps.get(nameIn(name)), text),
    }),
  }),
  revertAppConfig: t.field({
    type: Reload,
    description: "Puts a backup back as an app's configuration file, which is kept as a backup itself.",
    extensions: WRITE,
    args: { name: t.arg.string(NAME), stamp: t.arg.string(STAMP) },
    resolve: async (_root, { name, stamp }, { core: { apps } }) => ({
      reloaded: true,
      warnings: await apps.configs.revert(apps.get(nameIn(name)), stamp),
    }),
  }),
  reloadAppConfig: t.field({
    type: Reload,
    description: "Reads an app's configuration file again, after somebody edited it by hand.",
    extensions: WRITE,
    args: { name: t.arg.string(NAME) },
    resolve: (_root, { name }, { core: { apps } }) => apps.configs.reload(apps.get(nameIn(name))),
  }),
  applyConfigPreset: t.field({
    type: Applied,
    description: 'Applies a preset to the configuration of an app; what the preset does not set stays.',
    extensions: WRITE,
    args: { name: t.arg.string(NAME), preset: t.arg.string({ required: true, description: 'Name of the preset.' }) },
    resolve: (_root, { name, preset }, { core: { apps } }) => apps.configs.applyPreset(apps.get(nameIn(name)), preset),
  }),
}))

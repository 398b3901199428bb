import { builder } from './builder.ts'
import type { GpuStatus } from './context.ts'
import { requireCredential } from './credentialed.ts'

export const GpuTypeEnum = builder.enumType('GpuType', {
  description: 'A way to encode and decode video in hardware.',
  values: {
    NVIDIA: { description: 'NVENC and NVDEC.' },
    VAAPI: { description: 'VA-API, by a render device.' },
    NONE: { description: 'There is none.' },
  } as const,
})

const GpuDevice = builder.objectRef<GpuStatus['devices'][number]>('GpuDevice').implement({
  description: 'One piece of hardware.',
  fields: (t) => ({
    kind: t.expose('kind', { type: GpuTypeEnum, description: 'How it is used.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    index: t.exposeInt('index', { nullable: true, description: 'Its place among others.' }),
    memoryMiB: t.exposeInt('memoryMiB', { nullable: true, description: 'Its memory, in MiB.' }),
  }),
})

const Gpu = builder.objectRef<GpuStatus>('Gpu').implement({
  description: 'Which hardware encodes and decodes video here.',
  fields: (t) => ({
    available: t.boolean({ description: 'Whether there is any.', resolve: ({ type }) => type !== 'NONE' }),
    type: t.expose('type', { type: GpuTypeEnum, description: 'How it is used.' }),
    devices: t.field({ type: [GpuDevice], description: 'What there is.', resolve: ({ devices }) => [...devices] }),
    driver: t.exposeString('driver', { nullable: true, description: 'Version of its driver.' }),
    checkedAt: t.expose('checkedAt', { type: 'DateTime', description: 'When it was looked for.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What stands in the way, when there is none.' }),
  }),
})

builder.queryField('gpu', (t) =>
  t.field({
    type: Gpu,
    description: 'Which hardware encodes and decodes video here. Any credential will do.',
    extensions: { grant: 'CHECKED' },
    args: { refresh: t.arg.boolean({ defaultValue: false, description: 'Whether to look again; otherwise what was found last is told.' }) },
    resolve: (_root, { refresh }, { gpu, caller }) => {
      requireCredential(caller)
      return gpu.status({ refresh: refresh ?? false })
    },
  }),
)

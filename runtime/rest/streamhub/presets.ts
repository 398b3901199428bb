import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import { NameParams } from './apps.ts'
import type { Access, Who } from './gate.ts'
import { WithData, withData } from './reply.ts'
import { route } from './route.ts'

const LIST = 'query ($name: String!) { app(name: $name) { configPresets { name title description useCase sets } } }'
const APPLY = `mutation ($name: String!, $preset: String!) {
  applied: applyConfigPreset(name: $name, preset: $preset) { preset changed diff warnings }
}`

const Preset = z.object({
  name: z.string().describe('Names it.'),
  title: z.string().describe('What it is called.'),
  description: z.string().describe('What it does.'),
  useCase: z.string().describe('For whom it is.'),
  sets: z.array(z.string()).describe('The keys that it sets, each with its value.'),
})

const Applied = z.object({
  preset: z.string().describe('Its name.'),
  applied: z.literal(true),
  reloaded: z.literal(true),
  changed: z.array(z.string()).describe('Dotted keys of the file that have other values now.'),
  diff: z.string().describe('Every line of the file, beginning with two spaces, `- ` or `+ `; empty without a change.'),
  warnings: z.array(z.string()).describe('What in the file is not understood, or not taken from there.'),
})

type AppliedPreset = { preset: string; changed: string[]; diff: string; warnings: string[] }

/** Ways to deliver, each one change of the configuration. */
export const presets: RouteTable<Access, Who> = {
  'GET /apps/{name}/presets': route({
    summary: 'The presets, with what each one sets',
    access: 'config:read',
    params: NameParams,
    document: LIST,
    variables: ({ params }) => params,
    reply: ({ app }: { app: { configPresets: z.output<typeof Preset>[] } }) => withData(app.configPresets),
    success: { 200: { description: 'The presets.', schema: WithData(z.array(Preset)) } },
    errors: { 404: 'no such app' },
  }),
  'POST /apps/{name}/presets/{preset}/apply': route({
    summary: 'Apply a preset to the configuration of an app',
    description: 'The present file is kept as a backup. Who the app is, its bucket and its callbacks are never touched.',
    access: 'config:write',
    params: NameParams.extend({ preset: z.string().describe('Name of the preset.') }),
    document: APPLY,
    variables: ({ params }) => params,
    reply: ({ applied: { preset, ...outcome } }: { applied: AppliedPreset }) =>
      withData({ preset, applied: true, reloaded: true, ...outcome }),
    success: { 201: { description: 'What it changed.', schema: WithData(Applied) } },
    errors: { 400: 'the present file can not be read', 404: 'no such app or preset' },
  }),
}

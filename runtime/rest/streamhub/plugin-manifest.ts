import { z } from 'zod'
import { isSecret } from '../../app-plugin-config.ts'

const Field = z.object({
  key: z.string(),
  type: z.enum(['string', 'number', 'boolean', 'select', 'secret']),
  label: z.string(),
  default: z.unknown().describe('What counts until it is set.'),
  required: z.boolean().optional(),
  options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  help: z.string().optional(),
})

export const Manifest = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.enum(['tool', 'processor', 'panel']),
  configSchema: z.array(Field).describe('What an app can set.'),
  ui: z.enum(['app-tab', 'panel', 'player-overlay']),
  needsWorker: z.boolean().describe('Whether it works for each app on its own.'),
  version: z.string(),
})

type Property = {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
}
type JsonSchema = { readonly properties?: Readonly<Record<string, Property>>; readonly required?: readonly string[] }

/** A plugin as the API answers it to `PLUGIN`. */
export type ToldPlugin = {
  readonly name: string
  readonly title: string | null
  readonly version: string | null
  readonly description: string
  readonly category: z.output<typeof Manifest>['category']
  readonly ui: z.output<typeof Manifest>['ui']
  readonly worksPerApp: boolean
  readonly appConfigSchema: JsonSchema | null
}
export const PLUGIN = '{ name title version description category ui worksPerApp appConfigSchema }'

export function toManifest(plugin: ToldPlugin): z.output<typeof Manifest> {
  const { name, title, version, description, category, ui, worksPerApp, appConfigSchema } = plugin
  return {
    id: name,
    name: title ?? name,
    description,
    category,
    configSchema: toFields(appConfigSchema),
    ui,
    needsWorker: worksPerApp,
    version: version ?? '',
  }
}

/** A JSON Schema as the form that StreamHub makes of it. */
export function toFields(schema: JsonSchema | null): z.output<typeof Field>[] {
  return Object.entries(schema?.properties ?? {}).map(([key, property]) => ({
    key,
    type: typeOf(key, property),
    label: property.title ?? labelOf(key),
    default: property.default ?? (property.type === 'string' ? '' : null),
    ...(schema?.required?.includes(key) && { required: true }),
    ...(property.enum && { options: property.enum.map((value) => ({ value: String(value), label: labelOf(String(value)) })) }),
    ...(Number.isFinite(property.minimum) && property.minimum !== Number.MIN_SAFE_INTEGER && { min: property.minimum }),
    ...(Number.isFinite(property.maximum) && property.maximum !== Number.MAX_SAFE_INTEGER && { max: property.maximum }),
    ...(property.description !== undefined && { help: property.description }),
  }))
}

function typeOf(key: string, property: Property): z.output<typeof Field>['type'] {
  if (property.enum) return 'select'
  if (property.type === 'number' || property.type === 'integer') return 'number'
  if (property.type === 'boolean') return 'boolean'
  return isSecret(key, property) ? 'secret' : 'string'
}

/** `snapshotSeconds` and `bottom-right` as people read them. */
function labelOf(key: string): string {
  const words = key
    .replaceAll(/[-_]/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

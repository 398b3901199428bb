import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'

/** @throws {MediaError} `PLUGIN_CONFIG_INVALID` with the option's path as `field` and a `reason`. */
export function parseConfig<S extends z.ZodType>(plugin: string, schema: S, options: unknown): z.output<S> {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const [first] = result.error.issues
  throw new MediaError('PLUGIN_CONFIG_INVALID', {
    plugin,
    field: first?.code === 'unrecognized_keys' ? [...first.path, first.keys[0]].join('.') : (first?.path.join('.') ?? ''),
    reason: first?.message ?? 'invalid',
  })
}

/** The options as JSON Schema, as an operator writes them. What JSON Schema can not say is left open. */
export function toJsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
}

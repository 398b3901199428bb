import { z } from 'zod'
import { VERSION } from '../version.ts'
import { documentedPath } from './path.ts'
import { byPath, type Method, type Route } from './route-table.ts'
import type { Adapter } from './serve-adapter.ts'

type Json = Record<string, unknown>

/** The OpenAPI description of an adapter, made from the same tables that serve it. @see https://spec.openapis.org/oas/v3.1.1 */
export function openapiOf(adapter: Pick<Adapter, 'title' | 'description' | 'routes' | 'securitySchemes'>): Json {
  const paths: Record<string, Json> = {}
  for (const [path, routes] of byPath(adapter.routes)) {
    const operations = [...routes].map(([method, route]) => [method.toLowerCase(), operationOf(method, path, route)])
    paths[documentedPath(path)] = Object.fromEntries(operations)
  }
  const { title, description, securitySchemes } = adapter
  return {
    openapi: '3.1.1',
    info: { title, description, version: VERSION },
    paths,
    components: { securitySchemes },
    // One of them, or none where the server lets everybody in.
    security: [...Object.keys(securitySchemes).map((name) => ({ [name]: [] })), {}],
  }
}

function operationOf(method: Method, path: string, route: Route): Json {
  const { summary, description, body, success, errors = {} } = route
  return {
    operationId: `${method.toLowerCase()}${documentedPath(path).replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    summary,
    ...(description !== undefined && { description }),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(body.types.map((type) => [type, { schema: toJson(body.schema, 'input') }])),
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(success).map(([status, one]) => [status, responseOf(one)])),
      ...Object.fromEntries(Object.entries(errors).map(([status, words]) => [status, { description: words }])),
    },
  }
}

function responseOf({ description, type, schema, headers }: Route['success'][number]): Json {
  const content = schema ? { [type ?? 'application/json']: { schema: toJson(schema, 'output') } } : undefined
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, words]) => [name, { description: words, schema: { type: 'string' } }]),
      ),
    }),
    ...(content && { content }),
  }
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = toJson(schema, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property
    return {
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }
  })
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  return json
}

/**
 * Everything that a plugin author imports, as `patchbay/kit`: `definePlugin` to say what the plugin is, `pluginBuilder` for its part of
 * the API, `MediaError` for what a caller can act on, `Feed` for what somebody watches. Tables come from `patchbay/kit/tables`.
 *
 * What it loads is kept small, because every plugin's thread loads it: a schema builder, for instance, comes with its first use.
 */
import { createRequire } from 'node:module'
import type { PluginBuilder } from './schema.ts'

const require = createRequire(import.meta.url)

/** Builds a plugin's part of the API with Pothos; it knows the scalars `DateTime`, `JSON`, `BigInt` and core types by name. */
export function pluginBuilder(): PluginBuilder {
  return (require('./schema.ts') as typeof import('./schema.ts')).pluginBuilder()
}

export { z } from 'zod'
export type { Caller, Grant } from '../../core/access/caller.ts'
export { Backoff } from '../../core/kernel/backoff.ts'
export { type ErrorCode, MediaError } from '../../core/kernel/errors.ts'
export { Feed } from '../../core/kernel/feed.ts'
export { Lifetime } from '../../core/kernel/lifetime.ts'
export type { Log, LogLevel } from '../../core/kernel/log.ts'
export type { Pipeline, PipelineOptions } from '../../native/pipeline.ts'
export type { Contribution } from './contribution.ts'
export type * from './core-api.ts'
export { type Budget, definePluginsConfig, type PluginUse, use } from './define-config.ts'
export { definePlugin, type PluginDefinition } from './define-plugin.ts'
export type * from './host.ts'
export type { Remote } from './rpc.ts'
export type { CoreObject, PluginBuilder, PluginContext } from './schema.ts'

import type { App } from '../../core/app/app.ts'
import type { AppDeletion } from '../../core/app/apps.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Plugin } from './plugin.ts'

/** Longer than any plugin should take; then the app goes without it. */
const LONGEST_MS = 90_000

/** What says nothing about the app, but that the plugin could not be asked or has a bug. */
const NO_ANSWER: ReadonlySet<string> = new Set(['INTERNAL', 'PLUGIN_UNAVAILABLE', 'OVERLOADED'])

/**
 * Lets plugins drop what they keep of an app outside of its folder before it goes, one after the other. One that is away, fails or takes too
 * long does not keep the app: the log tells.
 *
 * @throws {MediaError} what a plugin refuses the deletion with.
 */
export async function letPluginsDrop(
  plugins: Iterable<Plugin>,
  { name: app }: App,
  deletion: AppDeletion,
  longestMs = LONGEST_MS,
): Promise<void> {
  for (const plugin of [...plugins]) {
    if (!plugin.manifest?.beforeAppDeletion) continue
    try {
      await plugin.remote.apps.beforeDelete(app, deletion, AbortSignal.timeout(longestMs))
    } catch (error) {
      if (error instanceof MediaError && !NO_ANSWER.has(error.code)) throw error
      plugin.logs.report('error', 'an app is deleted without the plugin: what it keeps of it elsewhere may stay there', error, app)
    }
  }
}

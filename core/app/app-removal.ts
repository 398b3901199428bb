import { callbacks } from '../store/app-tables.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { appPlugins, apps, ingresses, tokens } from '../store/tables.ts'
import type { App } from './app.ts'
import { leaveRecordings, removeAppFolder } from './app-folder.ts'

/**
 * Removes what an app kept: its rows, keys and files. Afterwards nothing that was let into it is let into another app of its name.
 *
 * @param how `gone` tells everybody else to drop what they hold of it, before its files go.
 */
export async function forgetApp(app: App, { recordings }: { recordings: boolean }, how: { store: Store; gone: () => void }): Promise<void> {
  const { name, folder, tenant } = app
  await how.store.batch([
    how.store.delete(tokens).where(eq(tokens.app, name)),
    how.store.delete(ingresses).where(eq(ingresses.app, name)),
    how.store.delete(appPlugins).where(eq(appPlugins.app, name)),
    how.store.delete(apps).where(eq(apps.name, name)),
  ])
  await app.secrets.forget()
  // Who was to be told something is not told it by another app of this name.
  if (!recordings) await (await app.store()).delete(callbacks)
  how.gone()
  await app.close()
  if (recordings) await removeAppFolder(folder)
  else await leaveRecordings(folder, tenant)
}

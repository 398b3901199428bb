import { registerHooks } from 'node:module'

let registered = false

/**
 * Spares Node the 180 KB package.json of drizzle-orm, which it would parse again for each of its 200 modules: loading them
 * takes a quarter of the time and 150 MB less memory. To be called before drizzle is first imported.
 */
export function resolveDrizzleQuickly(): void {
  if (registered) return
  registered = true
  registerHooks({
    resolve(specifier, context, next) {
      const isWithinDrizzle = specifier.startsWith('.') && context.parentURL?.includes('/node_modules/drizzle-orm/')
      if (!isWithinDrizzle) return next(specifier, context)
      return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
    },
  })
}

import { registerHooks } from 'node:module'

/**
 * What a plugin and the server must have the very same copy of: the kit itself, and the two packages that recognise their own
 * objects by class. The server's is used, wherever the plugin lies and whatever its package brought along.
 */
const SHARED = /^(patchbay|graphql|@pothos\/core)(\/|$)/

let shared = false

/** Lets every module of this thread import `patchbay/kit`, as a type-stripped file of the server it runs in. */
export function shareModules(): void {
  if (shared) return
  shared = true
  registerHooks({
    resolve(specifier, context, next) {
      return next(specifier, SHARED.test(specifier) ? { ...context, parentURL: import.meta.url } : context)
    },
  })
}

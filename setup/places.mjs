import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Where native builds outlive `node_modules` and this clone. */
export const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'patchbay')

/** Where `native/binaries.ts` finds them. */
export const binDir = join(root, 'native/bin')

export const binaries = ['mediasoup-worker', 'gstreamer-superficial.node', 'addon.node']

/** The Node that runs Patchbay, and whose headers addons are built against; `npm ci` brings it. */
export const projectNode = join(root, 'node_modules/.bin/node')
export const nodeHeaders = join(root, `node_modules/node-linux-${process.arch}/include/node`)

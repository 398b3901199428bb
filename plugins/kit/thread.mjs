import { enableCompileCache } from 'node:module'

// Before the first TypeScript file: what strips types is 5 MiB of WebAssembly, and a thread whose files are all cached never loads it.
enableCompileCache()

/** The entry of a plugin's thread. @param {import('./protocol.ts').Startup} startup */
export default async function thread(startup) {
  startup.endPort.once('message', () => process.exit())
  startup.endPort.unref()
  const { serve } = await import('./serve.ts')
  await serve(startup)
  // Here, between two calls: ended from outside in the middle of one, a native addon takes the whole process along.
  process.exit()
}

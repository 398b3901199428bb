import { enableCompileCache } from 'node:module'

// Before the first TypeScript file: what strips types is 5 MiB of WebAssembly, and a thread whose files are all cached never loads it.
enableCompileCache()

/** The entry of a plugin's thread. @param {import('./protocol.ts').Startup} startup */
export default async function thread(startup) {
  const { serve } = await import('./serve.ts')
  await serve(startup)
}

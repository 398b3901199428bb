/** `npm start`: the server. */
import { enableCompileCache } from 'node:module'

// Before the first TypeScript file: what strips types is WebAssembly of 15 MiB, and a start whose files are all cached never loads it.
enableCompileCache()
await import('./main.ts')

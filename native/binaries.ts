import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What `native/addon` adds to Node. Usable from any thread. */
export interface Addon {
  /**
   * Duplicates a file descriptor (close-on-exec), so that the copy outlives the original's socket. Whoever calls it closes the copy.
   *
   * @throws {Error} `DUP_FAILED` when the descriptor is not open or the process has too many.
   */
  dup(fd: number): number
  /**
   * Makes the kernel kill this process as soon as its parent is gone, even when its event loop hangs.
   * It dies at once when the parent is gone already.
   *
   * The kernel watches the *thread* that spawned this process: spawn from the main thread, or from one that lives as long as the child should.
   *
   * @param parentPid `process.pid` of the parent, handed down by it: by the time of the call `process.ppid` may be somebody else.
   */
  dieWithParent(parentPid: number): void
}

let loaded: Addon | undefined

/** The project's own addon, loaded once in each thread. */
export function addon(): Addon {
  loaded ??= createRequire(import.meta.url)(binary('addon.node')) as Addon
  return loaded
}

/** The mediasoup-worker that set-up built and tried with a real DTLS handshake. */
export function mediasoupWorkerBin(): string {
  return binary('mediasoup-worker')
}

/** gstreamer-superficial, to be `require`d in the main thread of a child process only: a second thread that loads it kills the process. */
export function gstreamerAddonPath(): string {
  return binary('gstreamer-superficial.node')
}

function binary(name: string): string {
  const path = fileURLToPath(new URL(`bin/${name}`, import.meta.url))
  if (!existsSync(path)) throw new Error(`native/bin/${name} is missing: run \`node setup/setup.mjs\``)
  return path
}

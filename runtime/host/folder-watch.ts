import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'

/** A save is several changes in a row; editors that write a new file and rename it make the most. */
const SETTLE_MS = 40
/** Nobody's source: what tests say, what tools leave, and hidden files. */
const IGNORED = /(^|\/)(node_modules|data|\.[^/]*)(\/|$)|\.test\.[cm]?[jt]s$|\.md$|~$/

/**
 * Watches a folder, or one file, and what is below it.
 *
 * @param onChange Told the paths of the changed files once no more have changed for 40 ms.
 * @returns Stops watching.
 */
export function watchFolder(folder: string, onChange: (files: readonly string[]) => void, onFault: (error: Error) => void): () => void {
  const changed = new Set<string>()
  let settled: NodeJS.Timeout | undefined
  const watcher: FSWatcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || IGNORED.test(name)) return
    changed.add(join(folder, name))
    clearTimeout(settled)
    settled = setTimeout(() => {
      const files = [...changed]
      changed.clear()
      onChange(files)
    }, SETTLE_MS)
  })
  watcher.on('error', onFault)
  return () => {
    clearTimeout(settled)
    watcher.close()
  }
}

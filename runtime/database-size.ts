import { stat } from 'node:fs/promises'

/** Size of a database and of what is not yet worked into it, in bytes; 0 when it is not on this disk. */
export async function databaseSize(path: string): Promise<number> {
  const [database, log] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)])
  return database + log
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

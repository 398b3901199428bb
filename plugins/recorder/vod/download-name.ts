import type { RecordingRow } from '../store.ts'

/** The name that a recording is saved under elsewhere: `<name>-<number>.<ext>`. */
export function downloadName({ name, number, format }: Pick<RecordingRow, 'name' | 'number' | 'format'>): string {
  return `${name}-${number}.${format ?? 'mp4'}`
}

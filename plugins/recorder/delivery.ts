import type { AppInfo } from '../kit/core-api.ts'
import type { RecordingRow } from './store.ts'

/** Where something that was delivered can be found. */
export type Place = { readonly key: string | null; readonly s3Url: string | null; readonly publicUrl: string | null }

/** Where finished files go. Without a delivery they stay where they are. */
export interface Delivery {
  /**
   * @param row In state UPLOADING, with its `file`.
   * @returns Whether it takes the file over. It then says `Recordings.delivered` once it has arrived, be it hours later, and after a
   * restart by itself.
   */
  take(app: AppInfo, row: RecordingRow): Promise<boolean>
  /** Takes over a picture of a recording. @param file Absolute path, below the app's `snapshots` folder. */
  takePicture(app: AppInfo, row: RecordingRow, file: string): Promise<Place>
  placeOf(app: AppInfo, row: RecordingRow): Promise<Place>
  /** Where a file that is not here any more can be read for a minute; undefined where that is nowhere. */
  readableAt(app: AppInfo, row: RecordingRow): Promise<string | undefined>
  /** Bytes of the file that have arrived. */
  arrivedBytes(app: string, row: RecordingRow): number
  /**
   * Lets go of everything it keeps of a recording, and stops bringing it anywhere. The rows are still there.
   *
   * @returns How many objects are gone.
   * @throws {MediaError} `STORAGE_FAILED`: it is to be asked again.
   */
  drop(app: AppInfo, row: RecordingRow): Promise<number>
}

/** Everything stays here. */
export const KEPT_HERE: Delivery = {
  take: async () => false,
  takePicture: async () => NOWHERE,
  placeOf: async () => NOWHERE,
  readableAt: async () => undefined,
  arrivedBytes: () => 0,
  drop: async () => 0,
}

const NOWHERE: Place = { key: null, s3Url: null, publicUrl: null }

import type { AppInfo } from '../../kit/core-api.ts'
import type { RecordingRow } from '../store.ts'
import { objectUrl, publicUrl } from '../upload/addresses.ts'
import { downloadName } from './download-name.ts'
import type { Passes } from './passes.ts'
import type { Vault } from './vault.ts'

/** How long a pass or a presigned link lasts, in seconds, as S3 has it. */
export const LONGEST_LINK_S = 7 * 86_400

/** The addresses at which a recording, and what was made of it, is read. */
export class Links {
  readonly #vault: Vault
  readonly #passes: Passes

  constructor(vault: Vault, passes: Passes) {
    this.#vault = vault
    this.#passes = passes
  }

  /** A path on this server for whoever has it; the bucket is read through it too. @param what Such as `file` or `master.m3u8`. */
  async media(app: AppInfo, row: RecordingRow, what: string, expiresInS: number): Promise<string> {
    return `${pathOf(app, row)}/media/${await this.#pass(app, row, expiresInS)}/${what}`
  }

  /** The page that plays it. What lets its reader in stands behind the `#`, which no server is told. */
  async page(app: AppInfo, row: RecordingRow, expiresInS: number): Promise<string> {
    return `${pathOf(app, row)}#pass=${await this.#pass(app, row, expiresInS)}`
  }

  /** Without a credential in it. */
  async plain(app: AppInfo, key: string | null): Promise<{ s3: string; public: string | undefined } | undefined> {
    const access = key === null ? undefined : await this.#vault.buckets.access(app.name)
    return access && key !== null ? { s3: objectUrl(access, key), public: publicUrl(access, key) } : undefined
  }

  /** Undefined for what is in no bucket. */
  async presigned(app: AppInfo, row: RecordingRow, expiresInS: number, download: boolean): Promise<string | undefined> {
    const bucket = row.objectKey === null ? undefined : await this.#vault.buckets.of(app.name)
    return row.objectKey === null ? undefined : bucket?.link(row.objectKey, expiresInS, download ? downloadName(row) : undefined)
  }

  #pass(app: AppInfo, { number }: RecordingRow, expiresInS: number): Promise<string> {
    return this.#passes.issue(app, `vod/${number}`, expiresInS)
  }
}

function pathOf({ name }: AppInfo, { number }: RecordingRow): string {
  return `/vod/${encodeURIComponent(name)}/${number}`
}

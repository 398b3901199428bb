import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Fingerprint } from './sent-bytes.ts'

const MD5 = /^"?([0-9a-f]{32}(?:-\d+)?)"?$/
/** Encrypted with keys of one's own, its `ETag` is no hash of what it holds. */
const OPAQUE = /^aws:kms/

type Told = Pick<HeadObjectCommandOutput, 'ContentLength' | 'ChecksumSHA256' | 'ETag' | 'ServerSideEncryption' | 'SSECustomerAlgorithm'>

/**
 * Whether an object is what was sent: by its checksum where the server keeps one, else by its `ETag` where that is a hash, and by its size.
 *
 * @returns What is wrong with it; undefined: nothing.
 */
export function mistakeIn(object: Told, sent: Fingerprint): string | undefined {
  if (object.ContentLength !== sent.sizeBytes) return `it has ${object.ContentLength} bytes instead of ${sent.sizeBytes}`
  if (object.ChecksumSHA256 !== undefined) return object.ChecksumSHA256 === sent.sha256 ? undefined : 'its checksum is another'
  if (object.SSECustomerAlgorithm !== undefined || OPAQUE.test(object.ServerSideEncryption ?? '')) return undefined
  const [, md5] = MD5.exec(object.ETag ?? '') ?? []
  return md5 === undefined || sent.md5.includes(md5) ? undefined : 'its hash is another'
}

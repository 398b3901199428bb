import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { S3Access } from '../../core/app/s3.ts'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'

const TIMEOUT_MS = 15_000

/**
 * Puts a picture into an app's bucket.
 *
 * @param lookup Refuses hosts that this server may not connect to. The endpoint itself has been checked, in case it is an address.
 * @returns Where it can be read: by everybody where the bucket is public, else by a signed link.
 * @throws {MediaError} `STORAGE_FAILED`
 */
export async function upload(
  access: S3Access,
  key: string,
  jpeg: Buffer,
  { linkTtlS, lookup }: { linkTtlS: number; lookup: LookupFunction },
): Promise<string> {
  const { bucket, region, endpoint, forcePathStyle, publicUrl, accessKeyId, secretAccessKey } = access
  const credentials = { accessKeyId, secretAccessKey }
  const requestHandler = { httpAgent: new HttpAgent({ lookup }), httpsAgent: new HttpsAgent({ lookup }) }
  const named = endpoint !== '' && { endpoint }
  const client = new S3Client({ region, forcePathStyle, credentials, maxAttempts: 2, requestHandler, ...named })
  try {
    const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: jpeg, ContentType: 'image/jpeg' })
    await client.send(put, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
    if (publicUrl !== '') return `${publicUrl.replace(/\/$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`
    return await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: linkTtlS })
  } catch (error) {
    throw new MediaError('STORAGE_FAILED', { bucket, reason: messageOf(error) })
  } finally {
    client.destroy()
  }
}

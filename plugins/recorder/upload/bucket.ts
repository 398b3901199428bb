import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { S3Access } from '../../../core/app/s3.ts'
import { mediaType } from './media-types.ts'
import { mistakeIn } from './object-check.ts'
import { SentBytes } from './sent-bytes.ts'

const CONNECT_MS = 10_000
/** Longest silence of the server, in milliseconds. */
const SILENCE_MS = 60_000
/** Of one object, as S3 has it. */
const MOST_PARTS = 10_000
const DELETED_AT_ONCE = 8

export type PutOptions = {
  /** Bytes of a part. */
  readonly partBytes: number
  readonly signal: AbortSignal
  /** Bytes that have arrived. */
  readonly onProgress: (bytes: number) => void
}

/** The bucket of an app. Its errors are those of the AWS SDK: whoever asks decides whether to try again. */
export class Bucket {
  readonly #access: S3Access
  readonly #client: S3Client

  /** @param lookup Refuses hosts that this server may not connect to. The endpoint itself has been checked, in case it is an address. */
  constructor(access: S3Access, lookup: LookupFunction) {
    const { region, endpoint, forcePathStyle, accessKeyId, secretAccessKey } = access
    this.#access = access
    this.#client = new S3Client({
      region,
      forcePathStyle,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 2,
      // Not every server understands the newer checksums; what is sent is checked afterwards anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint !== '' && { endpoint }),
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
        httpAgent: new HttpAgent({ keepAlive: true, lookup }),
        httpsAgent: new HttpsAgent({ keepAlive: true, lookup }),
      },
    })
  }

  /** Uploads a file, and returns once the server has said that the object is what was sent. */
  async put(file: string, key: string, { partBytes, signal, onProgress }: PutOptions): Promise<void> {
    const { size } = await stat(file)
    const partSize = Math.max(partBytes, Math.ceil(size / MOST_PARTS))
    if (size > partSize) await this.#abortLeftOver(key)
    const sent = new SentBytes(partSize)
    const Body = Readable.from(sent.through(createReadStream(file)), { objectMode: false })
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#object(key), Body, ContentType: mediaType(key), ChecksumAlgorithm: 'SHA256' },
      queueSize: 2,
      partSize,
    })
    const abort = () => void upload.abort()
    signal.addEventListener('abort', abort, { once: true })
    upload.on('httpUploadProgress', ({ loaded = 0 }) => onProgress(loaded))
    try {
      signal.throwIfAborted()
      await upload.done()
    } finally {
      signal.removeEventListener('abort', abort)
      Body.destroy()
    }
    const head = await this.#client.send(new HeadObjectCommand({ ...this.#object(key), ChecksumMode: 'ENABLED' }))
    const mistake = mistakeIn(head, sent.fingerprint())
    if (mistake !== undefined) throw new Error(`the object is not what was sent: ${mistake}`)
  }

  /** Deletes these objects, and those whose keys begin so, as far as it may look for them. @returns How many there were. */
  async delete(keys: readonly string[], beginnings: readonly string[]): Promise<number> {
    const found = await Promise.all(beginnings.map((beginning) => this.#keysBelow(beginning)))
    const left = [...new Set([...keys, ...found.flat()])]
    const count = left.length
    while (left.length > 0) {
      const batch = left.splice(0, DELETED_AT_ONCE)
      await Promise.all(batch.map((key) => this.#client.send(new DeleteObjectCommand(this.#object(key)))))
    }
    return count
  }

  /** A small object, whole. @throws when it is larger. */
  async read(key: string, mostBytes: number): Promise<Buffer> {
    const { Body, ContentLength = 0 } = await this.#client.send(new GetObjectCommand(this.#object(key)))
    if (!Body || ContentLength > mostBytes) throw new Error(`the object is larger than ${mostBytes} bytes`)
    return Buffer.from(await Body.transformToByteArray())
  }

  /** A link with which anybody can read an object for a while. @param attachment The name that a browser saves it under. */
  link(key: string, expiresInS: number, attachment?: string): Promise<string> {
    const disposition = attachment !== undefined && { ResponseContentDisposition: `attachment; filename="${attachment}"` }
    return getSignedUrl(this.#client, new GetObjectCommand({ ...this.#object(key), ...disposition }), { expiresIn: expiresInS })
  }

  close(): void {
    this.#client.destroy()
  }

  async #keysBelow(prefix: string): Promise<string[]> {
    const keys: string[] = []
    try {
      const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#access.bucket, Prefix: prefix })
      for await (const { Contents = [] } of pages) keys.push(...Contents.flatMap(({ Key }) => Key ?? []))
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AccessDenied')) throw error
    }
    return keys
  }

  /** What earlier uploads of an object left behind costs its owner money, and nobody sees it. Not every key may look. */
  async #abortLeftOver(key: string): Promise<void> {
    const { bucket: Bucket } = this.#access
    try {
      const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: key }))
      for (const { Key, UploadId } of Uploads) {
        if (Key === key) await this.#client.send(new AbortMultipartUploadCommand({ ...this.#object(key), UploadId }))
      }
    } catch {
      return
    }
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#access.bucket, Key: key }
  }
}

import { z } from 'zod'

/** How files are brought into the buckets of apps. */
export const UploadConfig = z.strictObject({
  atOnce: z.int().min(1).max(32).default(2).describe('Files that are uploaded at once, of all apps together; of each app one. Default 2.'),
  partBytes: z
    .int()
    .min(5 << 20)
    .max(1 << 30)
    .default(8 << 20)
    .describe('Bytes of a part: larger files are uploaded in parts of this size, two of which are held in memory. Default 8388608.'),
  retryFirstMs: z
    .int()
    .min(1)
    .default(2_000)
    .describe('The wait before an upload is tried again, in milliseconds. It doubles. Default 2000.'),
  retryMaxMs: z.int().min(1).default(300_000).describe('The longest such wait, in milliseconds. Default 300000.'),
})

export type UploadConfig = z.output<typeof UploadConfig>

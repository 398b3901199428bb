import { z } from 'zod'
import { Canvas } from './composite/canvas.ts'
import { UploadConfig } from './upload/config.ts'

export const RecorderConfig = z.strictObject({
  graceMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe('How long a recording waits for a source that has gone, in milliseconds: it may be back and go on. Default 10000.'),
  gatherMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(500)
    .describe("How long a source's second track is waited for before the first is recorded alone, in milliseconds. Default 500."),
  clusterMs: z
    .int()
    .min(100)
    .max(10_000)
    .default(1_000)
    .describe('What a crash may cost at most: media is on disk after this many milliseconds. Default 1000.'),
  finishMs: z
    .int()
    .min(500)
    .max(60_000)
    .default(5_000)
    .describe('How long a pipeline gets to finish its file, in milliseconds. Default 5000.'),
  splitMs: z
    .int()
    .min(500)
    .optional()
    .describe('How long the parts of recordings that are split are, in milliseconds, instead of the minutes that are asked for.'),
  meterMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('How often recorded time is counted against the quota, in milliseconds. Default 10000.'),
  minFreeMb: z
    .number()
    .min(0)
    .default(64)
    .describe('How much of a disk that was full has to be free before recordings go on, in megabytes. Default 64.'),
  diskCheckMs: z.int().min(100).max(60_000).default(5_000).describe('How often that is looked at, in milliseconds. Default 5000.'),
  sweepMs: z
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(60_000)
    .describe('How often rules are looked at: schedules, and recordings that are too old, in milliseconds. Default 60000.'),
  always: z
    .array(z.string())
    .default([])
    .describe('Apps in which everybody who publishes is recorded, whatever their rules say. Default: none.'),
  folders: z
    .record(z.string(), z.string())
    .default({})
    .describe('Folders elsewhere that hold the recordings of apps, by the name of the app. Default: in the folder of each app.'),
  upload: UploadConfig.prefault({}).describe('How files are brought into the buckets of apps.'),
  composite: Canvas.prefault({}).describe('What the recordings of whole rooms look like.'),
})

export type RecorderConfig = z.output<typeof RecorderConfig>

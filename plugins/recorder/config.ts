import { z } from 'zod'

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
})

export type RecorderConfig = z.output<typeof RecorderConfig>

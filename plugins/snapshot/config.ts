import { z } from 'zod'

export const SnapshotConfig = z.strictObject({
  widthPx: z
    .int()
    .min(64)
    .max(1_920)
    .default(480)
    .describe('Width of a picture when none is asked for, in pixels; smaller sources are not enlarged. Default 480.'),
  quality: z.int().min(1).max(100).default(80).describe('JPEG quality, 1 to 100. Default 80.'),
  cacheMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long a picture is served again, in milliseconds; 0: never. Default 5000.'),
  timeoutMs: z
    .int()
    .min(500)
    .max(60_000)
    .default(5_000)
    .describe(
      'How long a capture may take, in milliseconds; it waits for the next keyframe of an encoder that can not be asked for one. Default 5000.',
    ),
  maxCaptures: z.int().min(1).max(32).default(2).describe('Captures at the same time, each in a process of its own. Default 2.'),
  keepHours: z
    .number()
    .min(0)
    .max(87_600)
    .default(24 * 7)
    .describe('How long pictures stay in the folder of their app, in hours; 0: for ever. Default 168.'),
  linkTtlS: z
    .int()
    .min(60)
    .max(604_800)
    .default(86_400)
    .describe('How long signed links to pictures in a bucket are good, in seconds. Default 86400.'),
  maxWaiting: z.int().min(0).max(1_000).default(32).describe('Captures that wait for their turn; more are refused. Default 32.'),
})

export type SnapshotConfig = z.output<typeof SnapshotConfig>

import { z } from 'zod'

export const WhipConfig = z.strictObject({
  maxSdpBytes: z
    .int()
    .min(1_024)
    .max(16_777_216)
    .default(1_048_576)
    .describe('Longest request body, in bytes; a longer one is answered 413. Default 1048576.'),
  retryAfterSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(2)
    .describe('What clients are told to wait where nobody publishes yet, or somebody does already, in seconds. Default 2.'),
  sseKeepaliveMs: z
    .int()
    .min(1_000)
    .max(300_000)
    .default(15_000)
    .describe('Time between two signs of life on an event stream, in milliseconds; below the idle limit of proxies. Default 15000.'),
  viewerCountIntervalMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(1_000)
    .describe('Shortest time between two `viewercount` events, in milliseconds. Default 1000.'),
  layersIntervalMs: z
    .int()
    .min(250)
    .max(60_000)
    .default(2_000)
    .describe('Time between two looks at the layers of a track whose viewers watch `layers`, in milliseconds. Default 2000.'),
})

export type WhipConfig = z.output<typeof WhipConfig>

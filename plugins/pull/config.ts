import { z } from 'zod'

export const PullConfig = z.strictObject({
  maxPulls: z.int().min(1).max(1_000).default(50).describe('Sources at the same time; further ones wait and say so. Default 50.'),
  connectTimeoutMs: z
    .int()
    .min(500)
    .max(60_000)
    .default(5_000)
    .describe('How long a server may take to answer a request, in milliseconds. Default 5000.'),
  stallTimeoutMs: z
    .int()
    .min(1_000)
    .max(120_000)
    .default(10_000)
    .describe('Without a packet for so long a source is connected to again, in milliseconds. Default 10000.'),
  retryMaxMs: z.int().min(100).max(600_000).default(30_000).describe('Longest wait between two attempts, in milliseconds. Default 30000.'),
  holdMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(15_000)
    .describe('How long the publisher stays in its room while its source is away, in milliseconds. Default 15000.'),
  bridge: z
    .boolean()
    .default(true)
    .describe('Whether viewers who come in the middle of a GOP are bridged to the next keyframe. Default true.'),
  loop: z.boolean().default(false).describe('Play files again from their beginning when they have ended. Default false.'),
  transcodeBitrateBps: z
    .int()
    .min(100_000)
    .max(50_000_000)
    .default(2_500_000)
    .describe('Video bitrate of what has to be transcoded, in bits per second. Default 2500000.'),
  audioBitrateBps: z.int().min(16_000).max(510_000).default(96_000).describe('Bitrate of Opus, in bits per second. Default 96000.'),
})
export type PullConfig = z.output<typeof PullConfig>

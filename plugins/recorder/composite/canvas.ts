import { z } from 'zod'

const even = (px: number) => px % 2 === 0

/** What the recordings of rooms look like. */
export const Canvas = z.strictObject({
  widthPx: z.int().min(160).max(3_840).refine(even, 'must be even').default(1_280).describe('Width of the picture. Default 1280.'),
  heightPx: z.int().min(90).max(2_160).refine(even, 'must be even').default(720).describe('Height of the picture. Default 720.'),
  framesPerSecond: z.int().min(1).max(60).default(30).describe('Default 30.'),
  videoKbps: z.int().min(100).max(50_000).default(2_500).describe('Kilobits per second of the picture. Default 2500.'),
  audioKbps: z.int().min(16).max(510).default(96).describe('Kilobits per second of the sound. Default 96.'),
  names: z.boolean().default(false).describe('Whether the names of those who are shown are burned in. Default false.'),
  hardware: z.boolean().default(true).describe('Whether an encoder in hardware is used where there is one. Default true.'),
  settleMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(2_500)
    .describe('How long a new layout waits for the pictures in it while the one before goes on, in milliseconds. Default 2500.'),
})

export type Canvas = z.output<typeof Canvas>

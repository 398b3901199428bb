import { z } from 'zod'

/** What an operator decides for one app. Every option has a default, so that a new app works. */
export const AppSettings = z.object({
  openPublishing: z
    .boolean()
    .default(true)
    .describe('Whether callers without a stream key may publish by room name, where the server lets them in at all.'),
  publicPlayback: z
    .boolean()
    .default(true)
    .describe('Whether callers without a credential may watch, where the server lets them in at all.'),
  takeover: z.boolean().default(false).describe('Whether a second publisher to an identity replaces the first instead of being refused.'),
  bFrames: z
    .enum(['TRANSCODE', 'REFUSE'])
    .default('TRANSCODE')
    .describe('What happens to H.264 with B-frames, which browsers can not play over WebRTC.'),
  maxViewersPerRoom: z.int().min(0).default(0).describe('Viewers one room may have; 0: as many as come.'),
})

export type AppSettings = z.infer<typeof AppSettings>

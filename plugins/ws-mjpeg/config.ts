import { z } from 'zod'

export const WsMjpegConfig = z.strictObject({
  idleTimeoutMs: z
    .int()
    .min(200)
    .max(600_000)
    .default(30_000)
    .describe('How long a camera may send no picture before it is disconnected, in milliseconds. Default 30000.'),
  pingIntervalMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(15_000)
    .describe('Time between two WebSocket pings, in milliseconds; two that are not answered end the connection. Default 15000.'),
  handshakesPerMinute: z
    .int()
    .min(1)
    .max(100_000)
    .default(60)
    .describe('Connections that one address may make as a camera within a minute. Default 60.'),
  bridgeLingerMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(10_000)
    .describe('How long a camera is still made a WebRTC track of when nobody takes it any more, in milliseconds. Default 10000.'),
  maxBridges: z
    .int()
    .min(0)
    .max(1_000)
    .default(32)
    .describe('Cameras that are made WebRTC tracks of at the same time, each in a process of its own; 0: none. Default 32.'),
})

export type WsMjpegConfig = z.output<typeof WsMjpegConfig>

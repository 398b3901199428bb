import { z } from 'zod'

const port = z.int().min(0).max(65_535)

export const RtmpConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Default 127.0.0.1.'),
  port: port.default(1935).describe('TCP port for rtmp://; 0: any that is free. Default 1935.'),
  rtmps: z
    .strictObject({
      port: port.default(1936).describe('TCP port for rtmps://; 0: any that is free. Default 1936.'),
      certFile: z.string().min(1).describe('Path of the certificate chain, PEM.'),
      keyFile: z.string().min(1).describe('Path of its private key, PEM.'),
    })
    .optional()
    .describe('RTMP over TLS. Default: off.'),
  maxSessions: z.int().min(1).max(10_000).default(500).describe('Connections at a time; the next one is closed at once. Default 500.'),
  openTimeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe('Time an encoder has from connecting to publishing, in milliseconds. Default 10000.'),
  idleTimeoutMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(15_000)
    .describe('Silence after which an encoder counts as gone, in milliseconds. Default 15000.'),
  maxBitrateBps: z
    .int()
    .min(0)
    .default(0)
    .describe('Most that one encoder may send over ten seconds, in bits per second; 0: no limit. Default 0.'),
  audioBitrateBps: z
    .int()
    .min(6_000)
    .max(510_000)
    .default(96_000)
    .describe('Bitrate of the Opus that AAC becomes, in bits per second. Default 96000.'),
  transcodeBitrateBps: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(0)
    .describe('Bitrate of video whose B-frames are transcoded away, in bits per second; 0: by its size. Default 0.'),
  bridge: z
    .boolean()
    .default(true)
    .describe('Whether viewers who come in the middle of a GOP are bridged to the next keyframe by a short-lived encoder. Default true.'),
})

export type RtmpConfig = z.output<typeof RtmpConfig>

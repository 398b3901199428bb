import { z } from 'zod'

/** Minutes that a recording may be split by; 0: never. */
export const SPLIT_MINUTES = [0, 15, 30, 60, 90, 120] as const
/** Seconds between the pictures that a recording takes; 0: none. */
export const SNAPSHOT_SECONDS = [0, 1, 30, 60, 120, 360] as const

const text = (fallback = '') => z.string().default(fallback)
const flag = (fallback: boolean) => z.boolean().default(fallback)
const oneOf = <const Value extends number>(values: readonly Value[]) => z.literal(values as readonly Value[]).default(values[0] as Value)

const Layer = z.object({ name: z.string().regex(/^[a-z0-9_-]{1,20}$/), height: z.int().min(1).max(4320) })
const Rendition = z.object({ height: z.int().min(144).max(4320), bitrateKbps: z.int().min(100).max(50_000) })

/** The layers that a sender is asked for when an app says nothing about them. */
export const DEFAULT_LAYERS = [
  { name: 'high', height: 720 },
  { name: 'med', height: 480 },
  { name: 'low', height: 240 },
]

const Features = z.object({
  rtmpPassword: flag(false).describe('Whether RTMP ingresses get a password beside their stream key.'),
  viewerCounter: flag(true).describe('Whether viewers are counted in what the API and the players show.'),
  chat: flag(false).describe('Whether rooms have a chat.'),
  reactions: flag(false).describe('Whether viewers may react.'),
  hiddenQc: flag(true).describe('Whether join tokens may hide whoever presents them.'),
  adaptivePlayer: flag(true).describe('Whether players and publishers are told of simulcast layers.'),
  publicPlayback: flag(true).describe('Whether callers without a credential may watch, where the server lets them in at all.'),
  wsIngest: z
    .object({
      enabled: flag(true).describe('Whether cameras may send JPEG over WebSocket.'),
      maxCameras: z.int().min(0).default(0).describe('Cameras that may send at once; 0: as many as come.'),
      maxFps: z.number().min(1).max(60).default(15).describe('Frames a second of one camera; what comes faster is dropped.'),
      maxFrameKb: z.int().min(1).max(8_192).default(256).describe('Largest frame, in KiB.'),
    })
    .prefault({}),
})

/**
 * One app's `config.yaml`, with the names of its API; in the file they are in snake case. Each part has its default, so that an empty file is
 * a working app. What stands in the file beside these keys is kept.
 */
export function appConfig(app: string) {
  const envName = app.toUpperCase().replaceAll('-', '_')
  return z.object({
    name: text(app),
    displayName: z.string().min(1).max(100).default(app),
    roomPrefix: z
      .string()
      .regex(app === 'default' ? /^$/ : /^[a-z0-9][a-z0-9-]{0,39}$/)
      .default(app === 'default' ? '' : app),
    recording: z
      .object({
        enabled: flag(true),
        mode: z.enum(['room-composite', 'participant']).default('room-composite'),
        layout: text('grid'),
        localDir: text('recordings'),
        deleteLocalAfterUpload: flag(true),
        splitMinutes: oneOf(SPLIT_MINUTES),
        snapshotSeconds: oneOf(SNAPSHOT_SECONDS),
      })
      .prefault({}),
    s3: z
      .object({
        provider: z.enum(['wasabi', 'aws', 'minio']).default('wasabi'),
        bucket: text(),
        region: text('us-east-1'),
        endpoint: text('https://s3.us-east-1.wasabisys.com'),
        forcePathStyle: flag(false),
        prefix: text(`streamhub/${app}`),
        publicUrl: text(),
        accessKeyEnv: text(`APP_${envName}_S3_KEY`),
        secretKeyEnv: text(`APP_${envName}_S3_SECRET`),
      })
      .prefault({}),
    webrtc: z.object({ adaptive: flag(true), layers: z.array(Layer).default(DEFAULT_LAYERS) }).prefault({}),
    rtmp: z.object({ enabled: flag(true), transcode: flag(true) }).prefault({}),
    transcoding: z
      .object({
        enabled: flag(false),
        encoding: z.enum(['h264', 'h264+vp8']).default('h264'),
        vodAdaptive: flag(false),
        vodRenditions: z.array(Rendition).default([]),
        hwaccel: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
      })
      .prefault({}),
    callbacks: z.object({ url: text(), secret: text() }).prefault({}),
    features: Features.prefault({}),
    publishing: z
      .object({
        open: flag(true).describe('Whether callers without a stream key may publish by room name, where the server lets them in at all.'),
        takeover: flag(false).describe('Whether a second publisher to an identity replaces the first instead of being refused.'),
        bFrames: z
          .enum(['transcode', 'refuse'])
          .default('transcode')
          .describe('What happens to H.264 with B-frames, which browsers can not play over WebRTC.'),
      })
      .prefault({}),
    viewers: z.object({ maxPerRoom: z.int().min(0).default(0).describe('Viewers one room may have; 0: as many as come.') }).prefault({}),
  })
}

export type AppConfig = z.output<ReturnType<typeof appConfig>>

import { z } from 'zod'
import { flag, oneNumberOf, text } from './config-keys.ts'

/** Minutes that a recording may be split by; 0: never. */
const SPLIT_MINUTES = [0, 15, 30, 60, 90, 120] as const
/** Seconds between the pictures that a recording takes; 0: none. */
const SNAPSHOT_SECONDS = [0, 1, 30, 60, 120, 360] as const

const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

const Layer = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9_-]{1,20}$/, 'must be 1 to 20 lower-case letters, digits, dashes and underscores')
      .describe('Its name.'),
    height: z.int().min(1).max(4_320).describe('Height of its picture, in pixels.'),
  })
  .describe('One layer that a sender is asked for.')

const Rendition = z
  .object({
    height: z.int().min(144).max(4_320).describe('Height of its picture, in pixels.'),
    bitrateKbps: z.int().min(100).max(50_000).describe('Its bitrate, in kbit/s.'),
  })
  .describe('One rendition of a recording.')

/** The layers that a sender is asked for when an app says nothing about them. */
const DEFAULT_LAYERS = [
  { name: 'high', height: 720 },
  { name: 'med', height: 480 },
  { name: 'low', height: 240 },
]

export const RecordingConfig = z.object({
  enabled: flag('Whether anything may be recorded.', true),
  mode: z.enum(['room-composite', 'participant']).default('room-composite').describe('What one recording holds.'),
  layout: text('How a recording arranges those who publish, such as `grid` or `speaker`.', 'grid'),
  localDir: z
    .string()
    .regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/, 'must be a path inside the folder of the app')
    .default('recordings')
    .describe('Where recordings are kept, in the folder of the app.'),
  deleteLocalAfterUpload: flag('Whether a recording leaves this machine once it is uploaded.', true),
  splitMinutes: oneNumberOf(
    `Minutes after which a recording goes on in the next file: ${SPLIT_MINUTES.join(', ')}. 0: never.`,
    SPLIT_MINUTES,
  ),
  snapshotSeconds: oneNumberOf(
    `Seconds between the pictures that a recording takes: ${SNAPSHOT_SECONDS.join(', ')}. 0: none.`,
    SNAPSHOT_SECONDS,
  ),
})

const WASABI_ENDPOINT = 'https://s3.us-east-1.wasabisys.com'

export const S3Config = (prefix: string, envPrefix: string) =>
  z.object({
    provider: z.enum(['wasabi', 'aws', 'minio']).default('wasabi').describe('Whose storage it is.'),
    bucket: text('Its bucket; empty: nothing is uploaded.'),
    region: text('The region of the bucket.', 'us-east-1', 64),
    endpoint: text("Where the storage is reached; empty: AWS's own address for the region.", WASABI_ENDPOINT),
    forcePathStyle: flag('Whether the bucket is named in the path instead of the host name, as MinIO needs it.', false),
    prefix: text('What the keys of all its objects begin with.', prefix),
    publicUrl: text('Where anybody can read the bucket; empty: recordings are read by signed links.'),
    accessKeyEnv: text('The environment variable that holds the access key, unless one was set through the API.', `${envPrefix}S3_KEY`),
    secretKeyEnv: text('The environment variable that holds the secret key, unless one was set through the API.', `${envPrefix}S3_SECRET`),
  })

export const WebRtcConfig = z.object({
  adaptive: flag('Whether browsers are asked for several layers (simulcast).', true),
  layers: z.array(Layer).min(1).max(8).default(DEFAULT_LAYERS).describe('The layers they are asked for, best first.'),
})

export const TranscodingConfig = z.object({
  enabled: flag('Whether the server makes renditions at all.', false),
  encoding: z.enum(['h264', 'h264+vp8']).default('h264').describe('What renditions are encoded as.'),
  vodAdaptive: flag('Whether recordings get renditions.', false),
  vodRenditions: z.array(Rendition).max(8).default([]).describe('The renditions of a recording.'),
  hwaccel: z.enum(['auto', 'gpu', 'cpu']).default('auto').describe('What encodes.'),
})

export const MqttConfig = (topicPrefix: string, envPrefix: string) =>
  z.object({
    enabled: flag('Whether the broker is told.', false),
    url: text('The address of the broker.'),
    username: text('Who logs in there.'),
    passwordEnv: text('The environment variable that holds the password.', `${envPrefix}MQTT_PASSWORD`),
    topicPrefix: text('What every topic begins with.', topicPrefix),
    qos: oneNumberOf('How surely a message arrives: 0 at most once, 1 at least once, 2 exactly once.', [0, 1, 2]),
    tls: flag('Whether the connection is encrypted.', false),
    events: z.array(z.string()).default(['all']).describe('The events it is told; `all`: every one.'),
    logs: z
      .object({
        enabled: flag('Whether it is told log lines.', false),
        level: LogLevel.default('info').describe('How much they matter at least.'),
      })
      .prefault({})
      .describe('Log lines for the broker.'),
  })

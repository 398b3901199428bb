import { z } from 'zod'
import { MqttConfig, RecordingConfig, S3Config, TranscodingConfig, WebRtcConfig } from './config-blocks.ts'
import { flag, number, text, wholeNumber } from './config-keys.ts'

const Features = z.object({
  rtmpPassword: flag('Whether RTMP ingresses get a password beside their stream key.', false),
  viewerCounter: flag('Whether viewers are counted in what the API and the players show.', true),
  chat: flag('Whether rooms have a chat.', false),
  reactions: flag('Whether viewers may react.', false),
  hiddenQc: flag('Whether join tokens may hide whoever presents them.', true),
  adaptivePlayer: flag('Whether players and publishers are told of simulcast layers.', true),
  publicPlayback: flag('Whether callers without a credential may watch, where the server lets them in at all.', true),
  wsIngest: z
    .object({
      enabled: flag('Whether cameras may send JPEG over WebSocket.', true),
      maxCameras: wholeNumber('Cameras that may send at once; 0: as many as come.', 0, { min: 0 }),
      maxFps: number('Frames a second of one camera; what comes faster is dropped.', 15, { min: 1, max: 60 }),
      maxFrameKb: wholeNumber('Largest frame, in KiB.', 256, { min: 1, max: 8_192 }),
    })
    .prefault({})
    .describe('Cameras that send JPEG over WebSocket.'),
})

const Publishing = z.object({
  open: flag('Whether callers without a stream key may publish by room name, where the server lets them in at all.', true),
  takeover: flag('Whether a second publisher to an identity replaces the first instead of being refused.', false),
  bFrames: z
    .enum(['transcode', 'refuse'])
    .default('transcode')
    .describe('What happens to H.264 with B-frames, which browsers can not play over WebRTC.'),
})

const LatencyAlert = z.object({
  enabled: flag('Whether somebody is told when the delay of a stream grows.', false),
  thresholdMs: wholeNumber('The delay from which it is told, in milliseconds.', 1_000, { min: 1 }),
  cooldownSeconds: wholeNumber('Seconds between two alerts about a stream.', 60, { min: 0 }),
  intervalSeconds: wholeNumber('Seconds between two measurements.', 10, { min: 1 }),
})

const Distribution = z.object({
  mode: z.string().optional().describe('How viewers are reached, such as `edge` or `cdn`.'),
  cdn: z
    .object({
      baseUrl: z.string().optional().describe('Where the network serves what is live.'),
      vodBaseUrl: z.string().optional().describe('Where the network serves recordings.'),
      provider: z.string().optional().describe('Who runs the network.'),
    })
    .optional()
    .describe('The content delivery network, where there is one.'),
})

const Hls = z.object({
  segmentSeconds: z.number().min(0.5).max(60).optional().describe('Seconds that a segment lasts.'),
  listSize: z.int().min(2).max(1_000).optional().describe('Segments that a live playlist holds.'),
})

/**
 * One app's `config.yaml`, with the names of its API; in the file they are in snake case. Each part has its default, so that an empty file is
 * a working app. What stands in the file beside these keys is kept.
 */
export function appConfig(app: string) {
  const envPrefix = envPrefixOf(app)
  return z.object({
    name: text('The name of the app.', app),
    displayName: z.string().min(1).max(100).default(app).describe('How people call it; 1 to 100 characters.'),
    roomPrefix: z
      .string()
      .regex(...roomPrefixOf(app))
      .default(app === 'default' ? '' : app)
      .describe('What its rooms are called, or begin with before a dash; empty for the app that owns all others.'),
    recording: RecordingConfig.prefault({}).describe('How what is live is recorded.'),
    s3: S3Config(`streamhub/${app}`, envPrefix)
      .prefault({})
      .describe('Where recordings are uploaded to. The credentials are kept elsewhere.'),
    webrtc: WebRtcConfig.prefault({}).describe('What browsers are asked to send.'),
    rtmp: z
      .object({
        enabled: flag('Whether RTMP encoders may publish.', true),
        transcode: flag('Whether renditions are made of what they send, when transcoding is enabled.', true),
      })
      .prefault({})
      .describe('RTMP encoders.'),
    transcoding: TranscodingConfig.prefault({}).describe('What the server encodes itself.'),
    callbacks: z
      .object({
        url: z
          .string()
          .regex(/^$|^https?:\/\/[^\s/]/, 'must be an http:// or https:// address, or empty')
          .max(2_048)
          .default('')
          .describe('Who is told what happens, by HTTP POST; empty: nobody.'),
        secret: z.string().max(256).default('').describe('The key that signs what is told; readable only as a mask.'),
      })
      .prefault({})
      .describe('Whom this app tells what happens.'),
    mqtt: MqttConfig(`streamhub/${app}`, envPrefix).prefault({}).describe('Tells an MQTT broker what happens.'),
    latencyAlert: LatencyAlert.prefault({}).describe('Tells when the delay of a stream grows.'),
    features: Features.prefault({}).describe('What this app offers.'),
    publishing: Publishing.prefault({}).describe('Who may publish, and what.'),
    viewers: z
      .object({ maxPerRoom: wholeNumber('Viewers one room may have; 0: as many as come.', 0, { min: 0 }) })
      .prefault({})
      .describe('Who may watch.'),
    distribution: Distribution.optional().describe('How viewers are reached; absent: directly.'),
    hls: Hls.optional().describe('How HLS is cut; absent: as the server does.'),
  })
}

export type AppConfig = z.output<ReturnType<typeof appConfig>>

/** What the environment variables begin with that belong to an app. */
export function envPrefixOf(app: string): string {
  return `APP_${app.toUpperCase().replaceAll('-', '_')}_`
}

/** The app that owns what nobody else claims has no prefix, and every other has one. */
function roomPrefixOf(app: string): [RegExp, string] {
  return app === 'default'
    ? [/^$/, 'must be empty: rooms without an app belong to it']
    : [/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 lower-case letters, digits and inner dashes']
}

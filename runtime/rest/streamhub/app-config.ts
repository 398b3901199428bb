import { z } from 'zod'

/** Features and configuration blocks that several routes take or answer. */

const FLAGS = ['rtmpPassword', 'viewerCounter', 'chat', 'reactions', 'hiddenQc', 'adaptivePlayer', 'publicPlayback'] as const

const flag = z.boolean('must be a boolean value')
const count = (min: number, max: number) =>
  z.int('must be an integer number').min(min, `must not be less than ${min}`).max(max, `must not be greater than ${max}`)

/** What of the features is to change; what is left out stays as it is. */
export const FeaturesPatch = z.object({
  ...(Object.fromEntries(FLAGS.map((name) => [name, flag.nullish()])) as Record<
    (typeof FLAGS)[number],
    z.ZodOptional<z.ZodNullable<z.ZodBoolean>>
  >),
  wsIngest: z
    .object({
      enabled: flag.nullish(),
      maxCameras: count(0, 1_000_000).nullish(),
      maxFps: z.number('must be a number').min(1, 'must not be less than 1').max(60, 'must not be greater than 60').nullish(),
      maxFrameKb: count(1, 8_192).nullish(),
    })
    .nullish(),
})

export const oneOf = <const Values extends readonly (string | number)[]>(values: Values) =>
  z.literal<readonly Values[number][]>([...values], `must be one of the following values: ${values.join(', ')}`)

export const atMost = (max: number) => z.string('must be a string').max(max, `must be at most ${max} characters`)

export const LayersPatch = z
  .array(
    z.object({ name: z.string('must be a string').regex(/^[a-z0-9_-]{1,20}$/, 'must match ^[a-z0-9_-]{1,20}$'), height: count(1, 4_320) }),
  )
  .min(1, 'must contain at least 1 element')
  .max(8, 'must contain at most 8 elements')

export const RenditionsPatch = z
  .array(z.object({ height: count(144, 4_320), bitrateKbps: count(100, 50_000) }))
  .max(8, 'must contain at most 8 elements')

export const Flag = flag

const FEATURES = `features { ${FLAGS.join(' ')} wsIngest { enabled maxCameras maxFps maxFrameKb } }`
const TRANSCODING = 'transcoding { enabled encoding vodAdaptive vodRenditions { height bitrateKbps } hwaccel }'
const WEBRTC = 'webrtc { adaptive layers { name height } }'
const RTMP = 'rtmp { enabled transcode }'

/** The part that is about pictures. */
export const MEDIA_CONFIG = `${WEBRTC} ${RTMP} ${TRANSCODING} ${FEATURES}`

/** All of it, to be read beside `s3 { keyMasked secretMasked }`. */
export const WHOLE_CONFIG = `name displayName roomPrefix
  recording { enabled mode layout localDir deleteLocalAfterUpload splitMinutes snapshotSeconds }
  s3 { provider bucket region endpoint forcePathStyle prefix publicUrl accessKeyEnv secretKeyEnv }
  ${MEDIA_CONFIG}
  callbacks { url secret }
  mqtt { enabled url username passwordEnv topicPrefix qos tls events logs { enabled level } }
  latencyAlert { enabled thresholdMs cooldownSeconds intervalSeconds }
  publishing { open takeover bFrames } viewers { maxPerRoom }
  distribution { mode cdn { baseUrl vodBaseUrl provider } } hls { segmentSeconds listSize }`

type Block = Readonly<Record<string, unknown>>
export type Transcoding = {
  readonly enabled: boolean
  readonly encoding: string
  readonly hwaccel: string
  readonly vodAdaptive: boolean
  readonly vodRenditions: readonly unknown[]
}

export type MediaConfig = {
  readonly webrtc: { readonly adaptive: boolean; readonly layers: readonly { readonly name: string; readonly height: number }[] }
  readonly rtmp: { readonly enabled: boolean; readonly transcode: boolean }
  readonly transcoding: Transcoding
  readonly features: Block
}

export type WholeConfig = MediaConfig & {
  readonly recording: Block & { readonly mode: string }
  readonly s3: Block & { readonly provider: string }
  readonly mqtt: Block & { readonly logs: { readonly level: string } }
  readonly publishing: Block & { readonly bFrames: string }
  readonly distribution: Block | null
  readonly hls: Block | null
}

/** `ROOM_COMPOSITE` as `room-composite`. */
export const word = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/** `H264_VP8` as `h264+vp8`, and back. */
const encodingWord = (name: string): string => name.toLowerCase().replace('_', '+')
export const encodingName = (text: string): string => text.toUpperCase().replace('+', '_')

export const toTranscoding = (transcoding: Transcoding) => ({
  ...transcoding,
  encoding: encodingWord(transcoding.encoding),
  hwaccel: word(transcoding.hwaccel),
})

/** The whole configuration, secrets masked. */
export function toAppConfig(config: WholeConfig, masks: { readonly keyMasked: string; readonly secretMasked: string }): Block {
  const { recording, s3, transcoding, mqtt, publishing, distribution, hls, ...others } = config
  return {
    ...others,
    recording: { ...recording, mode: word(recording.mode) },
    s3: { ...s3, provider: word(s3.provider), accessKey: masks.keyMasked, secretKey: masks.secretMasked },
    transcoding: toTranscoding(transcoding),
    // Nothing here speaks MQTT, so no password for it is kept.
    mqtt: { ...mqtt, password: '', logs: { ...mqtt.logs, level: word(mqtt.logs.level) } },
    publishing: { ...publishing, bFrames: word(publishing.bFrames) },
    ...(distribution && { distribution }),
    ...(hls && { hls }),
  }
}

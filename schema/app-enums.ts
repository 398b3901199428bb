import { builder } from './builder.ts'

export const BFramesEnum = builder.enumType('BFrames', {
  description: 'What happens to H.264 with B-frames, which browsers can not play over WebRTC.',
  values: {
    TRANSCODE: { value: 'transcode', description: 'It is transcoded without them.' },
    REFUSE: { value: 'refuse', description: 'Its publisher is refused.' },
  } as const,
})

export const RecordingModeEnum = builder.enumType('RecordingMode', {
  description: 'What one recording holds.',
  values: {
    ROOM_COMPOSITE: { value: 'room-composite', description: 'Everybody who publishes in a room, in one picture.' },
    PARTICIPANT: { value: 'participant', description: 'One who publishes.' },
  } as const,
})

export const S3ProviderEnum = builder.enumType('S3Provider', {
  description: 'Whose storage an app uses.',
  values: {
    WASABI: { value: 'wasabi', description: 'Wasabi.' },
    AWS: { value: 'aws', description: 'Amazon.' },
    MINIO: { value: 'minio', description: 'MinIO, or anything else that speaks S3.' },
  } as const,
})

export const EncodingEnum = builder.enumType('Encoding', {
  description: 'What renditions are encoded as.',
  values: {
    H264: { value: 'h264', description: 'H.264.' },
    H264_VP8: { value: 'h264+vp8', description: 'H.264, and VP8 beside it.' },
  } as const,
})

export const EncoderChoiceEnum = builder.enumType('EncoderChoice', {
  description: 'What encodes, as it is asked for.',
  values: {
    AUTO: { value: 'auto', description: 'The graphics processor where there is one.' },
    GPU: { value: 'gpu', description: 'The graphics processor.' },
    CPU: { value: 'cpu', description: 'The processor.' },
  } as const,
})

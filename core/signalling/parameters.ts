import type { types } from 'mediasoup'
import { z } from 'zod'
import { MediaError } from '../kernel/errors.ts'

/**
 * What mediasoup-client sends, checked down to the last number before mediasoup sees it: a value that mediasoup can not write
 * into a message to its worker would leave that message half written, and break the next one too.
 */
const text = (max: number) => z.string().max(max)
/** What other participants' browsers read in a session description: nothing that could begin another line of it. */
const word = (max: number) => text(max).regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')
const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1)

const payloadType = uint(7)
const specific = z.record(text(64), z.union([text(4_096), z.number(), z.boolean(), z.null().transform(() => '')])).optional()
const rtcpFeedback = z
  .array(z.object({ type: text(32), parameter: text(32).optional() }))
  .max(32)
  .optional()
const codec = {
  mimeType: z.string().regex(/^(audio|video)\/[\w.+-]{1,32}$/i, 'must be audio/… or video/…') as z.ZodType<
    types.RtpCodecParameters['mimeType']
  >,
  clockRate: uint(31).min(1),
  channels: z.int().min(1).max(8).optional(),
  parameters: specific,
  rtcpFeedback,
}
const uri = text(256) as unknown as z.ZodType<types.RtpHeaderExtensionUri>
const kind = z.enum(['audio', 'video'])

const encoding = z.object({
  ssrc: uint(32).min(1).optional(),
  rid: word(16).optional(),
  codecPayloadType: payloadType.optional(),
  rtx: z.object({ ssrc: uint(32).min(1) }).optional(),
  dtx: z.boolean().optional(),
  scalabilityMode: text(16).optional(),
  maxBitrate: uint(31).optional(),
})

const rtpParameters = z
  .object({
    mid: word(32).optional(),
    msid: text(256)
      .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
      .optional(),
    codecs: z
      .array(z.object({ ...codec, payloadType }))
      .min(1)
      .max(32),
    headerExtensions: z
      .array(z.object({ uri, id: z.int().min(1).max(255), encrypt: z.boolean().optional(), parameters: specific }))
      .max(32)
      .optional(),
    encodings: z.array(encoding).max(8).optional(),
    rtcp: z.object({ cname: word(256).optional(), reducedSize: z.boolean().optional(), mux: z.boolean().optional() }).optional(),
  })
  .refine(
    ({ codecs, encodings = [] }) => encodings.every((one) => one.codecPayloadType === undefined || names(codecs, one.codecPayloadType)),
    {
      path: ['encodings'],
      message: 'an encoding names a payload type that no codec has',
    },
  )

const rtpCapabilities = z.object({
  codecs: z.array(z.object({ ...codec, kind, preferredPayloadType: payloadType.optional() })).max(64),
  headerExtensions: z
    .array(
      z.object({
        kind,
        uri,
        preferredId: z.int().min(1).max(255),
        preferredEncrypt: z.boolean().optional(),
        direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).optional(),
      }),
    )
    .max(64)
    .optional(),
})

const dtlsParameters = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.object({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z.string().regex(/^[0-9A-F]{2}(:[0-9A-F]{2}){19,63}$/i, 'must be bytes in hexadecimal, separated by colons'),
      }),
    )
    .min(1)
    .max(8),
})

const sctpStreamParameters = z
  .object({
    streamId: z.int().min(0).max(65_534),
    ordered: z.boolean().optional(),
    maxPacketLifeTime: uint(16).optional(),
    maxRetransmits: uint(16).optional(),
  })
  .refine(({ maxPacketLifeTime, maxRetransmits }) => maxPacketLifeTime === undefined || maxRetransmits === undefined, {
    message: 'maxPacketLifeTime and maxRetransmits exclude each other',
  })

const APP_DATA_CHARS = 8_192
const appData = z
  .record(z.string(), z.unknown())
  .refine((value) => JSON.stringify(value).length <= APP_DATA_CHARS, { message: `at most ${APP_DATA_CHARS} characters of JSON` })

const SHAPES = { rtpParameters, rtpCapabilities, dtlsParameters, sctpStreamParameters, appData }

type Parameters = {
  rtpParameters: types.RtpParameters
  rtpCapabilities: types.RtpCapabilities
  dtlsParameters: types.DtlsParameters
  sctpStreamParameters: types.SctpStreamParameters
  appData: Record<string, unknown>
}

/**
 * A value from outside in mediasoup's own shape. What mediasoup does not know is left out.
 *
 * @throws {MediaError} `INPUT_INVALID` whose `field` is the path to the first mistake.
 */
export function parameters<Field extends keyof Parameters>(field: Field, value: unknown): Parameters[Field] {
  const parsed = SHAPES[field].safeParse(value)
  if (parsed.success) return parsed.data as Parameters[Field]
  const [issue] = parsed.error.issues
  throw new MediaError('INPUT_INVALID', { field: [field, ...(issue?.path ?? [])].join('.'), reason: issue?.message ?? 'malformed' })
}

function names(codecs: readonly { payloadType: number; mimeType: string }[], wanted: number): boolean {
  return codecs.some((one) => one.payloadType === wanted && !/\/(rtx|ulpfec|flexfec|red)$/i.test(one.mimeType))
}

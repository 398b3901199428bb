import { z } from 'zod'
import { type BodyReader, jsonBody } from '../body.ts'

const MAX_BODY_BYTES = 100 * 1024

/** A body as StreamHub takes it: JSON whatever its media type says, at most 100 KiB, unknown fields dropped. */
export function body<T>(schema: z.ZodType<T>): BodyReader<T> {
  return jsonBody(schema, { maxBytes: MAX_BODY_BYTES, anyType: true })
}

export const BODY_REFUSALS = { 400: 'a field breaks a rule, or it is no JSON', 413: 'more than 100 KiB' }

/** `{"data": …}`: tokens, ingress, ws-ingest, one stream, snapshots, auth. */
export const dataOnly = <T>(data: T): { data: T } => ({ data })

/** `{"data": …, "error": null}`: recordings, plugins, restream, cluster, raw configuration, S3, application stats. */
export const withData = <T>(data: T): { data: T; error: null } => ({ data, error: null })

export const DataOnly = <T extends z.ZodType>(schema: T) => z.object({ data: schema })
export const WithData = <T extends z.ZodType>(schema: T) => z.object({ data: schema, error: z.null() })

/** A page of a list: the rows, and where in the whole they stand. */
export const Page = <T extends z.ZodType>(row: T) => z.object({ data: z.array(row), total: z.int(), limit: z.int(), offset: z.int() })

/** A query parameter that has to be a whole number, and is brought into its range. */
function clamped({ min, max, otherwise }: { min: number; max?: number; otherwise: number }): z.ZodType<number, string | undefined> {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be an integer number')
    .transform((text) => Math.min(Math.max(Number(text), min), max ?? Number.MAX_SAFE_INTEGER))
    .optional()
    .transform((value) => value ?? otherwise) as z.ZodType<number, string | undefined>
}

/** `limit` and `offset` of a list, clamped. */
export const paging = (limit: { max: number; otherwise: number }) => ({
  limit: clamped({ min: 1, ...limit }).describe(`Rows at most; 1 to ${limit.max}.`),
  offset: clamped({ min: 0, otherwise: 0 }).describe('Rows to leave out first.'),
})

/** A room name as StreamHub takes it, by its full or app-local name. */
export const RoomName = z
  .string()
  .max(120)
  .regex(/^[a-zA-Z0-9._-]+$/, 'must be letters, digits, dots, dashes and underscores')

/** A room that may be left out, or empty: the app's own. */
export const RoomNameOrOwn = z
  .string()
  .max(120)
  .regex(/^[a-zA-Z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores')
  .nullish()
  .transform((room) => room || undefined)
  .describe("The room, bare or with the app's prefix; default: the prefix.")

export const AppParams = z.object({ app: z.string().describe('Name of the app.') })

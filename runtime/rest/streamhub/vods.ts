import { z } from 'zod'
import { MediaError } from '../../../core/kernel/errors.ts'
import { HandOver } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, Page, paging, WithData, withData } from './reply.ts'
import { route } from './route.ts'
import { type Recording, ROW_FIELDS, rawUrl, toVodDetail, toVodRow, VodDetail, VodRow } from './vod-rows.ts'

const DOWNLOAD_S = 3_600
const LIST = `query ($app: String!, $filter: RecordingFilter!, $orderBy: RecordingOrder!, $descending: Boolean!, $first: Int!, $offset: Int!) {
  page: recordings(app: $app, filter: $filter, orderBy: $orderBy, descending: $descending, first: $first, offset: $offset) {
    total nodes { ${ROW_FIELDS} }
  }
}`
const ONE = `query ($app: String!, $id: String!) {
  vod: recording(app: $app, id: $id) { ${ROW_FIELDS} presignedUrl variants { number mediaUrl } }
}`
const DOWNLOAD = `query ($app: String!, $id: String!) {
  vod: recording(app: $app, id: $id) {
    app number state file objectKey filename: downloadName url: presignedUrl(expiresInSeconds: ${DOWNLOAD_S}, download: true)
  }
}`
const RAW = `query ($app: String!, $id: String!) {
  vod: recording(app: $app, id: $id) { state url: mediaUrl(expiresInSeconds: 60, download: true) }
}`
const PROBE = `mutation ($app: String!, $id: String!) { done: probeRecording(app: $app, id: $id) { probed recording { ${ROW_FIELDS} } } }`
const DELETE = `mutation ($app: String!, $id: String!) {
  gone: deleteRecording(app: $app, id: $id) { id: number s3Deleted: objectsDeleted localDeleted: fileDeleted }
}`

const ORDERS = { started_at: 'STARTED_AT', size_bytes: 'SIZE_BYTES', id: 'NUMBER' } as const
const MOST_ROWS = 1_000

const when = z
  .string()
  .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), 'must be a valid ISO 8601 date string')
  .transform((text) => new Date(text).toISOString())
const Query = z.object({
  room: z.string().max(200, 'must be at most 200 characters').optional().describe('Of this room.'),
  status: z.enum(['recording', 'uploading', 'ready', 'failed']).optional().describe('That have come this far.'),
  since: when.optional().describe('That began then or later.'),
  until: when.optional().describe('That began then or before.'),
  order: z.enum(['started_at', 'size_bytes', 'id']).default('id').describe('By what they are listed.'),
  dir: z.enum(['asc', 'desc']).default('desc').describe('In which direction.'),
  all: z.string().optional().describe('`1` or `true`: every row, whatever `limit` and `offset` say.'),
  ...paging({ max: MOST_ROWS, otherwise: 200 }),
})
const VodParams = AppParams.extend({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'must be an integer number')
    .describe('Number of the recording.'),
})
const Vods = Page(VodRow).extend({ error: z.null() })
const MISSING = { 404: 'no such app or recording' }

const isAll = (all: string | undefined) => all === '1' || all === 'true'

/** Recordings, running and finished. */
export const vods: RouteTable<Access, Who> = {
  'GET /apps/{app}/vods': route({
    summary: 'The recordings of an app',
    access: 'vod:read',
    params: AppParams,
    query: Query,
    document: LIST,
    variables: ({ params: { app }, query: { room, status, since, until, order, dir, all, limit, offset } }) => ({
      app,
      filter: { room: room || undefined, state: status?.toUpperCase(), since, until },
      orderBy: ORDERS[order],
      descending: dir === 'desc',
      ...(isAll(all) ? { first: 0, offset: 0 } : { first: limit, offset }),
    }),
    reply: ({ page }: { page: { total: number; nodes: readonly Recording[] } }, { query: { all, limit, offset } }) => {
      const where = isAll(all) ? { limit: page.nodes.length, offset: 0 } : { limit, offset }
      return { data: page.nodes.map(toVodRow), total: page.total, ...where, error: null }
    },
    success: { 200: { description: 'A page of them.', schema: Vods } },
    errors: { 400: 'a parameter breaks a rule', 404: 'no such app' },
  }),
  'GET /apps/{app}/vods/{id}': route({
    summary: 'One recording, and where it is seen',
    access: 'vod:read',
    params: VodParams,
    document: ONE,
    variables: ({ params }) => params,
    reply: ({ vod }: { vod: Recording }, { who }) => withData(toVodDetail(vod, who.links)),
    success: { 200: { description: 'The recording.', schema: WithData(VodDetail) } },
    errors: MISSING,
  }),
  'GET /apps/{app}/vods/{id}/download': route({
    summary: 'Where a recording is downloaded',
    access: 'vod:read',
    params: VodParams,
    document: DOWNLOAD,
    variables: ({ params }) => params,
    reply: ({ vod }: { vod: Downloadable }, { who }) => {
      const { url, filename } = vod
      requireReady(vod)
      if (url !== null) return withData({ url, filename, expiresInSeconds: DOWNLOAD_S })
      if (vod.file === null) throw new MediaError('NOT_FOUND', { reason: 'there is no file of it' })
      return withData({ url: rawUrl(vod, who.links.base), filename, expiresInSeconds: null })
    },
    success: {
      200: {
        description: 'Where, under which name, and for how long.',
        schema: WithData(z.object({ url: z.string(), filename: z.string(), expiresInSeconds: z.int().nullable() })),
      },
    },
    errors: { ...MISSING, 409: 'it is not ready' },
  }),
  'GET /apps/{app}/vods/{id}/raw': route({
    summary: 'The file of a recording',
    description: 'As an attachment, whole or by ranges. One that is only in the bucket is redirected to.',
    access: 'vod:read',
    params: VodParams,
    document: RAW,
    variables: ({ params }) => params,
    reply: ({ vod }: { vod: { state: string; url: string | null } }) => {
      requireReady(vod)
      if (vod.url === null) throw new MediaError('NOT_FOUND', { reason: 'there is no file of it' })
      return new HandOver(vod.url)
    },
    success: {
      200: { description: 'The file.', type: 'video/mp4', schema: z.string() },
      206: { description: 'The range that was asked for.', type: 'video/mp4', schema: z.string() },
    },
    errors: { ...MISSING, 409: 'it is not ready', 416: 'there is nothing in that range' },
  }),
  'POST /apps/{app}/vods/{id}/probe': route({
    summary: 'Read length and size of the picture from the file again',
    access: 'vod:write',
    params: VodParams,
    document: PROBE,
    variables: ({ params }) => params,
    reply: ({ done }: { done: { probed: boolean; recording: Recording } }) =>
      withData({ ...toVodRow(done.recording), probed: done.probed }),
    success: {
      201: { description: 'The recording, and whether its file could be read.', schema: WithData(VodRow.extend({ probed: z.boolean() })) },
    },
    errors: MISSING,
  }),
  'DELETE /apps/{app}/vods/{id}': route({
    summary: 'Delete a recording with all its files and objects',
    description: 'One that runs is stopped first.',
    access: 'vod:delete',
    params: VodParams,
    document: DELETE,
    variables: ({ params }) => params,
    reply: ({ gone }: { gone: Gone }) =>
      withData({ id: gone.id, deleted: true, s3Deleted: gone.s3Deleted, localDeleted: gone.localDeleted }),
    success: {
      200: {
        description: 'What is gone.',
        schema: WithData(z.object({ id: z.int(), deleted: z.literal(true), s3Deleted: z.int(), localDeleted: z.boolean() })),
      },
    },
    errors: { ...MISSING, 503: 'the bucket can not be reached: it is still there' },
  }),
}

type Downloadable = Pick<Recording, 'app' | 'number' | 'state' | 'file'> & { url: string | null; filename: string }
type Gone = { id: number; s3Deleted: number; localDeleted: boolean }

/** @throws {MediaError} `CONFLICT` */
function requireReady({ state }: { state: string }): void {
  if (state !== 'READY') throw new MediaError('CONFLICT', { reason: 'the recording is not ready' })
}

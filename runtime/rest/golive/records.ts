import { z } from 'zod'
import { HandOver, HttpRefusal } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { route } from './route.ts'

const LIST = '{ files: recordFiles(app: "live") { name sizeBytes modifiedAt } }'
const FILE = 'query ($name: String!) { file: recordFileUrl(app: "live", name: $name) }'

type File = { name: string; sizeBytes: number; modifiedAt: string }

const RecordFile = z.object({
  name: z.string(),
  size: z.int().min(0).describe('Bytes.'),
  modTime: z.string().describe('When it was written last, in UTC and whole seconds.'),
  url: z.string().describe('Where it can be fetched.'),
})
const FileParams = z.object({ file: z.string().describe('Name of the file.') })

/** The recordings of the app `live`. */
export const records: RouteTable<Access, Who> = {
  'GET /api/records': route({
    summary: 'The recordings, newest first',
    access: 'RECORDS',
    guarded: true,
    document: LIST,
    reply: ({ files }: { files: readonly File[] | null }) => (files ?? []).map(toRecord),
    success: { 200: { description: 'One item for each file.', schema: z.array(RecordFile) } },
    errors: { 401: 'unauthorized', 429: 'too many requests' },
  }),
  'GET /records/{file*}': route({
    summary: 'One recording',
    description: 'Whole, or by ranges.',
    access: 'RECORDS',
    guarded: true,
    params: FileParams,
    document: FILE,
    variables: ({ params: { file } }) => ({ name: file }),
    reply: ({ file }: { file: string | null }) => {
      if (file === null) throw new HttpRefusal(404)
      return new HandOver(file)
    },
    success: { 200: { description: 'The file.', type: 'application/octet-stream', schema: z.string() } },
    errors: { 401: 'unauthorized', 404: 'not found' },
  }),
}

function toRecord({ name, sizeBytes, modifiedAt }: File): z.output<typeof RecordFile> {
  return { name, size: Number(sizeBytes), modTime: modifiedAt.replace(/\.\d+Z$/, 'Z'), url: `/records/${encodeURIComponent(name)}` }
}

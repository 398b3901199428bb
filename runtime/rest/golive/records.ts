import { z } from 'zod'
import { HttpRefusal } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { route } from './route.ts'

const RecordFile = z.object({
  name: z.string(),
  size: z.int().min(0).describe('Bytes.'),
  modTime: z.string().describe('When it was written last, in UTC and whole seconds.'),
  url: z.string().describe('Where it can be fetched.'),
})
const FileParams = z.object({ file: z.string().describe('Name of the file.') })

/** Nothing on this server records yet: the list is empty, and no file has a name. */
export const records: RouteTable<Access, Who> = {
  'GET /api/records': route({
    summary: 'The recordings, newest first',
    access: 'RECORDS',
    guarded: true,
    reply: () => [],
    success: { 200: { description: 'One item for each file.', schema: z.array(RecordFile) } },
    errors: { 401: 'unauthorized', 429: 'too many requests' },
  }),
  'GET /records/{file*}': route({
    summary: 'One recording',
    access: 'RECORDS',
    guarded: true,
    params: FileParams,
    reply: () => {
      throw new HttpRefusal(404)
    },
    success: { 200: { description: 'The file.', type: 'application/octet-stream', schema: z.string() } },
    errors: { 401: 'unauthorized', 404: 'not found' },
  }),
}

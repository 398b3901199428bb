import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const FIELDS = 'number id state'
const START = `mutation ($app: String!, $room: String!, $stream: String) {
  row: startRecording(app: $app, input: { room: $room, stream: $stream, awaiting: true }) { ${FIELDS} }
}`
const STOP = `mutation ($app: String!, $id: String!) { row: stopRecording(app: $app, id: $id) { ${FIELDS} } }`
const START_STREAM = `mutation ($app: String!, $id: String!) { row: startStreamRecording(app: $app, stream: $id) { ${FIELDS} } }`
const STOP_STREAM = `mutation ($app: String!, $id: String!) { row: stopStreamRecording(app: $app, stream: $id) { ${FIELDS} } }`

type Row = { number: number; id: string; state: 'RECORDING' | 'UPLOADING' | 'READY' | 'FAILED' }

const name = (what: string) => z.string().max(200, 'must be at most 200 characters').describe(what)
const Request = z.object({
  roomName: name("The room, bare or with the app's prefix.").regex(/\S/, 'should not be empty'),
  streamId: name('What the recording is listed under; of an app that records participants, whom to record. Default: the room.').nullish(),
})
const Started = z.object({
  vodId: z.int().describe('Number of the recording.'),
  egressId: z.string().describe('Its id: `EG_…`'),
  status: z.enum(['recording', 'uploading', 'ready', 'failed']).describe('How far it has come.'),
})

const RecordingParams = AppParams.extend({ id: z.string().describe('Number or id of the recording.') })
const StreamParams = AppParams.extend({ id: z.string().describe('`<room>/<identity>` with the slash as %2F, or the number.') })

const success = (description: string) => ({ 201: { description, schema: WithData(Started) } })
const reply = ({ row: { number, id, state } }: { row: Row }) =>
  withData({ vodId: number, egressId: id, status: state.toLowerCase() as z.output<typeof Started>['status'] })
const START_ERRORS = {
  400: 'a field breaks a rule, or the app records nothing',
  429: 'no minutes are left',
  503: 'nobody is there to record',
}

/** What is kept of what is live. */
export const recording: RouteTable<Access, Who> = {
  'POST /apps/{app}/recording/start': route({
    summary: 'Begin to record a room or a participant',
    description:
      'As the app is configured: everybody in the room, or one participant. Asked for twice, there are two recordings. Whoever is not there yet has ten seconds to come.',
    access: 'recording:start',
    params: AppParams,
    body: body(Request),
    document: START,
    variables: ({ params: { app }, body: { roomName, streamId } }) => ({ app, room: roomName, stream: streamId || null }),
    reply,
    success: success('It is being recorded.'),
    errors: { ...START_ERRORS, 404: 'no such app' },
  }),
  'POST /apps/{app}/recording/{id}/stop': route({
    summary: 'End a recording',
    description: 'One that has ended already is answered as it is.',
    access: 'recording:stop',
    params: RecordingParams,
    document: STOP,
    variables: ({ params }) => params,
    reply,
    success: success('It has ended.'),
    errors: { 404: 'no such app or recording' },
  }),
  'POST /apps/{app}/streams/{id}/record/start': route({
    summary: 'Begin to record a stream',
    access: 'recording:start',
    params: StreamParams,
    document: START_STREAM,
    variables: ({ params }) => params,
    reply,
    success: success('It is being recorded.'),
    errors: { ...START_ERRORS, 404: 'no such app or stream' },
  }),
  'POST /apps/{app}/streams/{id}/record/stop': route({
    summary: 'End the newest recording of a stream',
    access: 'recording:stop',
    params: StreamParams,
    document: STOP_STREAM,
    variables: ({ params }) => params,
    reply,
    success: success('It has ended.'),
    errors: { 404: 'no such app or stream, or it is not being recorded' },
  }),
}

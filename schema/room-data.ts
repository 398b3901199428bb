import type { types } from 'mediasoup'
import { allows, type Caller } from '../core/access/caller.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { RoomMessage } from '../core/signalling/room-message.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { given } from './given.ts'
import { CHECKED } from './signalling.ts'
import { appTarget } from './targets.ts'

/** Messages that wait for a slow reader; beyond these the oldest is dropped. */
const MOST_WAITING = 1_000

export const RoomMessageType = builder.objectRef<RoomMessage>('RoomMessage').implement({
  description: 'Something said in a room beside the media.',
  fields: (t) => ({
    room: t.exposeString('room', { description: 'Full name of the room.' }),
    stream: t.exposeString('stream', { description: 'Name of the stream that it is about, or of its sender.' }),
    topic: t.exposeString('topic', { description: 'What it belongs to, such as chat or reaction.' }),
    from: t.exposeString('from', { description: 'Who says it.' }),
    message: t.exposeString('message', { nullable: true, description: 'What is said.' }),
    reaction: t.exposeString('reaction', { nullable: true, description: 'How somebody reacts.' }),
    payload: t.exposeString('payload', { description: 'What participants get by their data channels, to the letter.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was said.' }),
  }),
})

const RoomDataConsumer = builder.objectRef<types.DataConsumer>('RoomDataConsumer').implement({
  description:
    "What you receive of the room's own data channel; mediasoup-client's `recvTransport.consumeData` takes its fields as they are.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unguessable id; told to nobody else.' }),
    dataProducerId: t.exposeID('dataProducerId', { description: "Id of the room's own data producer." }),
    sctpStreamParameters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As mediasoup has them.',
      resolve: (media) => media.sctpStreamParameters,
    }),
    label: t.exposeString('label', { description: 'What it is called.' }),
    protocol: t.exposeString('protocol', { description: 'What is spoken in it.' }),
  }),
})

const RoomMessageInput = builder.inputType('RoomMessageInput', {
  description: 'What is to be said in a room. Without `payload`, participants get JSON of topic, from, message, reaction and time.',
  fields: (t) => ({
    topic: t.string({
      required: true,
      description: 'What it belongs to; `chat` and `reaction` need an app that has them. 64 characters at most.',
    }),
    message: t.string({ description: 'What is said; 4000 characters at most.' }),
    reaction: t.string({ description: 'How somebody reacts; 64 characters at most.' }),
    payload: t.string({ description: 'What is sent to the letter instead; 8000 characters at most.' }),
    from: t.string({ description: 'Who says it, 120 characters at most; default: server.' }),
    to: t.stringList({ description: 'Identities of those it is for; default: everybody.' }),
    reliable: t.boolean({ description: 'Whether it is sent again until it has arrived; default: yes.' }),
  }),
})

builder.mutationFields((t) => ({
  sendRoomData: t.field({
    type: RoomMessageType,
    description: 'Says something in the room of a stream: to participants by their data channels, and to whoever follows `roomData`.',
    extensions: { grant: 'stream:write', target: appTarget.app },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      stream: t.arg.string({ required: true, description: 'Number or name of the stream, live or ended.' }),
      input: t.arg({ type: RoomMessageInput, required: true, description: 'What to say.' }),
    },
    resolve: async (_root, { app, stream: id, input: { topic, to, ...words } }, { core }) => {
      const stream = await core.streams.get(core.apps.get(app), id)
      return core.roomData.send(
        { app: stream.app, room: stream.room, stream: stream.name },
        { topic, ...given(words), ...(to != null && { to }) },
      )
    },
  }),
  consumeRoomData: t.field({
    type: RoomDataConsumer,
    ...CHECKED,
    description: "Begins to send you the room's own data channel: what the server says there. Needs PLAY.",
    args: {
      transportId: t.arg.id({ required: true, description: 'The transport that it goes through.' }),
      reliable: t.arg.boolean({
        defaultValue: true,
        description: 'Whether what is lost is sent again. Whoever has only one of the two kinds gets everything by that.',
      }),
    },
    resolve: (_root, { transportId, reliable }, { core, caller }) =>
      core.signalling.transport(caller, transportId, 'PLAY').consumeRoomData(reliable !== false),
  }),
}))

builder.subscriptionField('roomData', (t) =>
  t.field({
    type: RoomMessageType,
    ...CHECKED,
    description: 'What is said in a room from now on, for those who have no data channel. Needs PLAY in that room.',
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
    },
    subscribe: (_root, args, { core, caller }) => {
      const name = requirePlay(args, { core, caller })
      const isMine = receiver(caller)
      const follow = (message: RoomMessage) => {
        if (message.room === name && isMine(message)) feed.push(message)
      }
      const feed = new Feed<RoomMessage>({ limit: MOST_WAITING, onEnd: () => core.events.off('room.message', follow) })
      core.events.on('room.message', follow)
      return feed
    },
    resolve: (message, args, context) => {
      requirePlay(args, context)
      return message
    },
  }),
)

/** @returns The full name of the room. @throws {MediaError} as whoever plays the room would be refused with. */
function requirePlay(place: { app: string; room: string }, { core, caller }: Pick<Context, 'core' | 'caller'>): string {
  const { app, name } = core.apps.roomName(place.app, place.room)
  core.access.require(caller, 'PLAY', { app, room: name })
  return name
}

/** What is meant for a few is told to these, and to whoever may observe the app. */
function receiver(caller: Caller): (message: RoomMessage) => boolean {
  const { joining } = caller
  return ({ to, app, room }) =>
    to.length === 0 ||
    (joining !== undefined && to.includes(joining.identity)) ||
    allows(caller, 'OBSERVE', { tenant: app.tenant, app: app.name, room })
}

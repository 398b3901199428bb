import type { GraphQLSchema } from 'graphql'
import type { Caller } from '../../core/access/caller.ts'
import type { CoreApi, IceServer, SessionInfo } from '../kit/core-api.ts'
import type { Remote } from '../kit/rpc.ts'
import { pluginBuilder } from '../kit/schema.ts'
import { PROTOCOL } from './arrival.ts'

type Opened = { session: SessionInfo; answer: string; iceServers: readonly IceServer[] }
type Patched = { session: SessionInfo; fragment: string | undefined }

const ROOM = 'The room, by its full or app-local name.'

/**
 * Adds what WHIP and WHEP do to the API: sessions by one offer and one answer.
 *
 * Who may do what depends on the room, and on the session's kind: core checks it, with the caller, as it does for HTTP.
 */
export function webRtcSchema(core: Remote<CoreApi>): GraphQLSchema {
  const builder = pluginBuilder()

  const Kind = builder.enumType('WebRtcSessionKind', {
    values: { PUBLISH: { description: 'A participant sends.' }, PLAY: { description: 'A viewer receives.' } },
  })
  const Session = builder.objectRef<SessionInfo>('WebRtcSession').implement({
    description: 'One publisher or viewer that came by an offer and an answer, as WHIP and WHEP do.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Unguessable: a session URL is made of it.' }),
      kind: t.field({ type: Kind, description: 'Which way the media goes.', resolve: ({ kind }) => kind }),
      app: t.exposeString('app', { description: 'The app of its room.' }),
      room: t.exposeString('room', { description: 'The full name of its room.' }),
      ownerId: t.exposeID('ownerId', { description: 'The publishing participant, or the viewer.' }),
      etag: t.exposeString('tag', { description: 'Names the ICE session; a restart changes it. To be quoted in an ETag header.' }),
    }),
  })
  const Server = builder.objectRef<IceServer>('WebRtcIceServer').implement({
    description: 'A STUN or TURN server for clients, as an RTCIceServer.',
    fields: (t) => ({
      urls: t.exposeStringList('urls', { description: 'All ways to the same server.' }),
      username: t.exposeString('username', { nullable: true, description: 'For TURN.' }),
      credential: t.exposeString('credential', { nullable: true, description: 'The password for TURN.' }),
    }),
  })
  const Open = builder.objectRef<Opened>('OpenWebRtcSession').implement({
    description: 'A session that was opened just now.',
    fields: (t) => ({
      session: t.field({ type: Session, description: 'The session.', resolve: ({ session }) => session }),
      answer: t.exposeString('answer', { description: 'The SDP answer, with every candidate of ours.' }),
      iceServers: t.field({ type: [Server], description: 'What the client may use besides.', resolve: ({ iceServers }) => iceServers }),
    }),
  })
  const Patch = builder.objectRef<Patched>('PatchedWebRtcSession').implement({
    description: 'A session after its client trickled candidates or restarted ICE.',
    fields: (t) => ({
      session: t.field({ type: Session, description: 'The session.', resolve: ({ session }) => session }),
      fragment: t.exposeString('fragment', { nullable: true, description: 'Our half of an ICE restart; null when none was asked for.' }),
    }),
  })

  builder.queryField('webRtcSession', (t) =>
    t.field({
      type: Session,
      description: 'One session, by its unguessable id.',
      args: { id: t.arg.id({ required: true, description: 'The session.' }) },
      resolve: (_root, { id }) => core.sessions.get(String(id)),
    }),
  )

  builder.mutationFields((t) => ({
    publishWebRtc: t.field({
      type: Open,
      description: 'Publishes what an SDP offer sends. The track is there at once, its media as soon as ICE and DTLS are through.',
      extensions: { grant: 'ANY' },
      args: {
        app: t.arg.string({ required: true, description: 'The app of the room.' }),
        room: t.arg.string({ required: true, description: `${ROOM} Or a stream key.` }),
        sdp: t.arg.string({ required: true, description: 'The offer.' }),
        identity: t.arg.string({ description: 'Tells publishers of one room apart; the default is `publisher`.' }),
        exclusive: t.arg.boolean({ description: 'Whether to be refused while anybody else publishes in the room.' }),
      },
      resolve: async (_root, { app, room, sdp, identity, exclusive }, { caller }) => {
        const given = { ...(identity != null && { identity }), ...(exclusive != null && { exclusive }) }
        const arrival = { protocol: PROTOCOL, app, key: room, caller, ...given }
        return opened(core, await core.sessions.publish({ ...arrival, offer: sdp }))
      },
    }),
    playWebRtc: t.field({
      type: Open,
      description: 'Plays what is live in a room, now and later, into the sections of an SDP offer.',
      extensions: { grant: 'ANY' },
      args: {
        app: t.arg.string({ required: true, description: 'The app of the room.' }),
        room: t.arg.string({ required: true, description: ROOM }),
        sdp: t.arg.string({ required: true, description: 'The offer.' }),
        userAgent: t.arg.string({ description: 'What the player calls itself.' }),
      },
      resolve: async (_root, { app, room, sdp, userAgent }, { caller }) => {
        const request = { kind: 'WHEP', app, room, caller, offer: sdp, ...(userAgent != null && { userAgent }) }
        return opened(core, await core.sessions.play(request))
      },
    }),
    patchWebRtcSession: t.field({
      type: Patch,
      description: 'Brings candidates, or restarts ICE when the fragment has new credentials. For whoever could have opened the session.',
      extensions: { grant: 'ANY' },
      args: {
        id: t.arg.id({ required: true, description: 'The session.' }),
        fragment: t.arg.string({ required: true, description: 'An application/trickle-ice-sdpfrag.' }),
        etags: t.arg.stringList({ description: 'What its `etag` may be by now; absent: anything.' }),
      },
      resolve: async (_root, { id, fragment, etags }, { caller }) => {
        const session = await ownSession(core, String(id), caller)
        const { restarted, tag } = await core.sessions.patch(session.id, fragment, etags ?? undefined)
        return { session: { ...session, tag }, fragment: restarted }
      },
    }),
    closeWebRtcSession: t.field({
      type: Session,
      description: 'Ends a session: its participant or viewer leaves. For whoever could have opened it.',
      extensions: { grant: 'ANY' },
      args: { id: t.arg.id({ required: true, description: 'The session.' }) },
      resolve: async (_root, { id }, { caller }) => {
        const session = await ownSession(core, String(id), caller)
        await core.sessions.close(session.id, 'LEFT')
        return session
      },
    }),
  }))
  return builder.toSchema()
}

async function opened(core: Remote<CoreApi>, { answer, ...session }: SessionInfo & { answer: string }): Promise<Opened> {
  return { session, answer, iceServers: await core.server.iceServers() }
}

/** @throws {MediaError} `SESSION_NOT_FOUND`, or what the caller would be refused with if it opened one like it. */
async function ownSession(core: Remote<CoreApi>, id: string, caller: Caller): Promise<SessionInfo> {
  const session = await core.sessions.get(id)
  await core.access.require(caller, session.kind, session.app, session.room)
  return session
}

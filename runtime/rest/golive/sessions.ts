import { z } from 'zod'
import { Answer, HttpRefusal } from '../answer.ts'
import { textBody } from '../body.ts'
import type { Input, RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { route } from './route.ts'
import { RoomParams } from './translate.ts'

const SDP = 'application/sdp'
const FRAGMENT = 'application/trickle-ice-sdpfrag'

/** go-live's own document has both media types, and its clients send none at times. */
const offer = textBody({ types: [SDP, 'text/plain'], typeOptional: true })
const fragment = textBody({ types: [FRAGMENT] })
const SessionParams = z.object({ id: z.string().max(64).describe('The session, as its Location says.') })

const OPENED = '{ session { id etag } answer iceServers { urls username credential } }'
const PUBLISH = `mutation ($app: String!, $room: String!, $sdp: String!) {
  opened: publishWebRtc(app: $app, room: $room, sdp: $sdp, exclusive: true) ${OPENED}
}`
const PLAY = `mutation ($app: String!, $room: String!, $sdp: String!, $userAgent: String) {
  opened: playWebRtc(app: $app, room: $room, sdp: $sdp, userAgent: $userAgent) ${OPENED}
}`
const PATCH = `mutation ($id: ID!, $fragment: String!, $etags: [String!]) {
  patched: patchWebRtcSession(id: $id, fragment: $fragment, etags: $etags) { session { etag } fragment }
}`
const CLOSE = 'mutation ($id: ID!) { closeWebRtcSession(id: $id) { id } }'

type IceServer = { urls: readonly string[]; username: string | null; credential: string | null }
type Opened = { opened: { session: { id: string; etag: string }; answer: string; iceServers: readonly IceServer[] } }
type Patched = { patched: { session: { etag: string }; fragment: string | null } }

const ANSWERED = {
  description: 'An SDP answer with every candidate of the server.',
  type: SDP,
  schema: z.string(),
  headers: {
    Location: 'The session: PATCH and DELETE it.',
    ETag: 'Names the ICE session; an ICE restart changes it.',
    Link: 'STUN and TURN servers, each as rel="ice-server".',
  },
}
const REFUSED = {
  400: 'invalid room name, or invalid SDP',
  401: 'unauthorized',
  413: 'the offer is longer than 1 MiB',
  415: 'the body is no application/sdp',
  422: 'the offer can be read but not served; `detail` says why',
  429: 'too many requests; Retry-After says when',
  503: 'no capacity at the moment; Retry-After says when',
}

const asked = ({ who, body }: Input<Who, unknown, unknown, string>) => ({ app: who.place.app, room: who.place.room, sdp: body })

/** WHIP and WHEP where go-live has them. @see RFC 9725, draft-ietf-wish-whep */
export const sessions: RouteTable<Access, Who> = {
  'POST /api/whip/publish/{room*}': route({
    summary: 'Publish to a room (WHIP)',
    access: 'PUBLISH',
    params: RoomParams,
    body: offer,
    document: PUBLISH,
    variables: asked,
    reply: ({ opened }: Opened) => created('/api/whip/session/', opened),
    success: { 201: ANSWERED },
    errors: { ...REFUSED, 409: 'publisher already exists in this room' },
  }),
  'GET /api/whip/publish/{room*}': endpoint('Whether there is a WHIP endpoint'),
  'POST /api/whep/play/{room*}': route({
    summary: 'Play a room (WHEP)',
    access: 'PLAY',
    params: RoomParams,
    body: offer,
    document: PLAY,
    variables: (input) => ({ ...asked(input), userAgent: input.request.headers['user-agent'] }),
    reply: ({ opened }: Opened) => created('/api/whep/session/', opened),
    success: { 201: ANSWERED },
    errors: { ...REFUSED, 403: 'subscriber limit reached', 404: 'no active publisher in room; Retry-After says when to look again' },
  }),
  'GET /api/whep/play/{room*}': endpoint('Whether there is a WHEP endpoint'),
  // So that somebody who was given nothing but a URL can find out what it is.
  'HEAD /api/whep/play/{room*}': route({
    summary: 'What a WHEP endpoint takes',
    access: 'ENDPOINT',
    params: RoomParams,
    reply: () => new Answer(200, { headers: { 'content-type': SDP } }),
    success: { 200: { description: 'It is a WHEP endpoint, as Content-Type says.' } },
  }),
  ...sessionRoutes('/api/whip/session/{id}', 'PUBLISH_SESSION'),
  ...sessionRoutes('/api/whep/session/{id}', 'PLAY_SESSION'),
}

function endpoint(summary: string) {
  const success = { 204: { description: 'There is.' } }
  return route({ summary, access: 'ENDPOINT', params: RoomParams, reply: () => undefined, success })
}

function sessionRoutes(path: `/${string}`, access: Access): RouteTable<Access, Who> {
  const common = { access, params: SessionParams }
  const errors = { 401: 'unauthorized', 404: 'session not found' }
  return {
    [`GET ${path}`]: route({
      ...common,
      summary: 'Whether the session goes on',
      reply: () => undefined,
      success: { 204: { description: 'It does.' } },
      errors,
    }),
    [`PATCH ${path}`]: route({
      ...common,
      summary: 'Trickle candidates or restart ICE',
      body: fragment,
      document: PATCH,
      variables: ({ params, body, request }) => ({ id: params.id, fragment: body, etags: ifMatchOf(request.headers['if-match']) }),
      reply: ({ patched: { session, fragment: restarted } }: Patched) =>
        restarted === null
          ? new Answer(204)
          : new Answer(200, { headers: { 'content-type': FRAGMENT, etag: quoted(session.etag) }, body: restarted }),
      success: {
        204: { description: 'The candidates were taken.' },
        200: {
          description: "The server's half of an ICE restart.",
          type: FRAGMENT,
          schema: z.string(),
          headers: { ETag: 'The new ICE session.' },
        },
      },
      errors: { ...errors, 400: 'malformed', 412: 'If-Match names another ICE session', 415: `no ${FRAGMENT}`, 428: 'If-Match is missing' },
    }),
    [`DELETE ${path}`]: route({
      ...common,
      summary: 'End the session',
      document: CLOSE,
      variables: ({ params }) => ({ id: params.id }),
      reply: () => undefined,
      success: { 200: { description: 'It has ended.' } },
      errors,
    }),
  }
}

function created(base: string, { session, answer, iceServers }: Opened['opened']): Answer {
  const links = iceServers.flatMap(iceLinks)
  return new Answer(201, {
    headers: {
      'content-type': SDP,
      location: base + session.id,
      etag: quoted(session.etag),
      'accept-patch': FRAGMENT,
      ...(links.length > 0 && { link: links }),
    },
    body: answer,
  })
}

/** One for each URL. @see RFC 9725 section 4.6 */
function iceLinks({ urls, username, credential }: IceServer): string[] {
  const parameters = { username, credential, 'credential-type': credential === null ? null : 'password' }
  const written = Object.entries(parameters).map(([name, value]) =>
    value === null ? '' : `; ${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`,
  )
  return urls.map((url) => `<${url.replaceAll('>', '%3E')}>; rel="ice-server"${written.join('')}`)
}

const quoted = (tag: string) => `"${tag}"`

/**
 * The tags that a request is meant for; undefined: any. RFC 9725 writes any as `"*"` in its examples.
 *
 * @throws {HttpRefusal} 428 when it does not say.
 */
function ifMatchOf(header: string | undefined): string[] | undefined {
  const text = header?.trim()
  if (!text) throw new HttpRefusal(428)
  if (text === '*' || text === '"*"') return undefined
  // Weak tags never match: the comparison is the strong one.
  return [...text.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = '']) => (weak === undefined ? [tag] : []))
}

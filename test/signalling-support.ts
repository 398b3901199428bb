import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Grant } from '../core/access/caller.ts'
import { TEST_TOKEN, type TestRuntime } from './harness.ts'

type Data = Record<string, unknown>

/** One caller of the API with a token of its own. */
export class TestCaller {
  readonly #server: TestRuntime
  readonly token: string

  /** @param limits App and room that its token is limited to. */
  static async create(server: TestRuntime, grants: readonly Grant[], limits: { app?: string; room?: string } = {}): Promise<TestCaller> {
    const { createToken } = await server.graphql<{ createToken: { secret: string } }>(
      'mutation ($grants: [Grant!]!, $app: String, $room: String) { createToken(name: "test", grants: $grants, app: $app, room: $room) { secret } }',
      { grants, ...limits },
    )
    return new TestCaller(server, createToken.secret)
  }

  constructor(server: TestRuntime, token: string = TEST_TOKEN) {
    this.#server = server
    this.token = token
  }

  /** The one root field of an operation. @throws with code and message when it is refused. */
  async run<T = Data>(query: string, variables: Data = {}): Promise<T> {
    const { data, errors } = await this.#server.graphqlRaw<Data>(query, variables, this.token)
    if (errors) throw new Error(errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n'))
    return Object.values(data ?? {})[0] as T
  }

  /** The code, and where one is named the field, that an operation is refused with. */
  async refusal(query: string, variables: Data = {}): Promise<string> {
    const { data, errors } = await this.#server.graphqlRaw<Data>(query, variables, this.token)
    const [error] = errors ?? []
    if (!error) return `accepted: ${JSON.stringify(data)}`
    const { code, details } = error.extensions as { code: string; details?: { field?: string } }
    return details?.field === undefined ? code : `${code} ${details.field}`
  }

  follow<T = Data>(query: string, variables: Data = {}): Following<T> {
    return new Following(this.#server.url, this.token, query, variables)
  }
}

/** A subscription whose events are waited for. */
export class Following<T> implements AsyncDisposable {
  readonly #client: Client
  readonly #events: ReturnType<typeof resultsOf>

  constructor(url: string, token: string, query: string, variables: Data) {
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token },
      retryAttempts: 0,
    })
    this.#events = resultsOf(this.#client, query, variables)
  }

  /** The next event that is as wanted; undefined when the subscription ends before. */
  async next(isWanted: (event: T) => boolean = () => true): Promise<T | undefined> {
    for (;;) {
      const { done, value } = await this.#events.next()
      if (done) return undefined
      if (value.errors) throw new Error(value.errors.map(({ message }: { message: string }) => message).join('\n'))
      const event = Object.values(value.data ?? {})[0] as T
      if (isWanted(event)) return event
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose()
  }
}

function resultsOf(client: Client, query: string, variables: Data) {
  return client.iterate<Data>({ query, variables })
}

/** Microphone parameters such as mediasoup-client makes them. */
export const opus = (ssrc: number, mid = '0') => ({
  mid,
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 }, rtcpFeedback: [] }],
  headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4, encrypt: false, parameters: {} }],
  encodings: [{ ssrc, dtx: false }],
  rtcp: { cname: 'test', reducedSize: true },
})

export const FINGERPRINT = {
  algorithm: 'sha-256',
  value: Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(':'),
}

export const JOIN = `mutation ($room: String!, $app: String, $identity: String, $name: String, $takeover: Boolean) {
  joinRoom(room: $room, app: $app, identity: $identity, name: $name, takeover: $takeover) {
    participant { id identity name kind room { name } } routerRtpCapabilities iceServers
  }
}`
export const TRANSPORT = `mutation ($participantId: ID!, $direction: TransportDirection) {
  createWebRtcTransport(participantId: $participantId, direction: $direction) { id iceParameters iceCandidates dtlsParameters sctpParameters iceServers }
}`
export const CONNECT = `mutation ($transportId: ID!, $dtlsParameters: JSON!) {
  connectWebRtcTransport(transportId: $transportId, dtlsParameters: $dtlsParameters) { id }
}`
export const PRODUCE = `mutation ($transportId: ID!, $kind: MediaKind!, $rtpParameters: JSON!, $source: TrackSource, $appData: JSON) {
  produce(transportId: $transportId, kind: $kind, rtpParameters: $rtpParameters, source: $source, appData: $appData) { id paused track { id } }
}`
export const CONSUME = `mutation ($transportId: ID!, $producerId: ID!, $rtpCapabilities: JSON!) {
  consume(transportId: $transportId, producerId: $producerId, rtpCapabilities: $rtpCapabilities) { id producerId kind rtpParameters type paused }
}`
export const PRODUCE_DATA = `mutation ($transportId: ID!, $sctpStreamParameters: JSON!, $label: String) {
  produceData(transportId: $transportId, sctpStreamParameters: $sctpStreamParameters, label: $label) { id label }
}`
export const CONSUME_DATA = `mutation ($transportId: ID!, $dataProducerId: ID!) {
  consumeData(transportId: $transportId, dataProducerId: $dataProducerId) { id dataProducerId sctpStreamParameters label protocol }
}`

export type Joined = {
  participant: { id: string; identity: string; name: string; kind: string; room: { name: string } }
  routerRtpCapabilities: object
  iceServers: unknown[]
}

/** Somebody in a room, with a transport. */
export async function joined(
  caller: TestCaller,
  room: string,
  identity: string,
): Promise<{ participantId: string; transportId: string; capabilities: object }> {
  const { participant, routerRtpCapabilities } = await caller.run<Joined>(JOIN, { room, identity })
  const { id } = await caller.run<{ id: string }>(TRANSPORT, { participantId: participant.id })
  return { participantId: participant.id, transportId: id, capabilities: routerRtpCapabilities }
}

import { isIP } from 'node:net'
import { z } from 'zod'
import { Answer } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import { type Access, clusterTokenOf, type Who } from './gate.ts'
import { body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const NODE = 'id name url region status createdAt lastSeenAt stats stale'
const JOIN = `mutation ($token: String!, $name: String!, $ip: String!, $region: String, $url: String) {
  joined: joinCluster(token: $token, name: $name, ip: $ip, region: $region, url: $url) {
    created node { id name } redisUrl publicWsUrl apiKey apiSecret
  }
}`
const HEARTBEAT = 'mutation ($token: String!, $id: ID!, $stats: JSON) { heartbeat(token: $token, id: $id, stats: $stats) { id } }'
const INFO = '{ info: clusterInfo { enabled nodesCount token redisUrl } }'
const LIST = `{ nodes { ${NODE} } }`
const UPDATE = `mutation ($id: ID!, $name: String, $region: String, $status: NodeStatus) {
  node: updateNode(id: $id, name: $name, region: $region, status: $status) { ${NODE} }
}`
const DELETE = 'mutation ($id: ID!) { node: deleteNode(id: $id) { id } }'

type Joined = {
  created: boolean
  node: { id: string; name: string }
  redisUrl: string | null
  publicWsUrl: string | null
  apiKey: string
  apiSecret: string
}
type Info = { enabled: boolean; nodesCount: number; token: string | null; redisUrl: string | null }
type Node = {
  id: string
  name: string
  url: string
  region: string | null
  status: string
  createdAt: string
  lastSeenAt: string | null
  stats: Record<string, unknown> | null
  stale: boolean
}

const Name = z
  .string()
  .min(1, 'must be longer than or equal to 1 character')
  .max(64, 'must be shorter than or equal to 64 characters')
  .regex(/^[a-zA-Z0-9._-]+$/, 'must be letters, digits, dots, dashes and underscores')
const Region = z.string().max(64, 'must be shorter than or equal to 64 characters').nullish().describe('Where it stands.')
const NewNode = z.object({
  name: Name.describe('By it a node is known again when it joins once more.'),
  ip: z.string().refine((value) => isIP(value) !== 0, 'must be an IPv4 or IPv6 address'),
  region: Region,
  url: z
    .string()
    .max(255, 'must be shorter than or equal to 255 characters')
    .nullish()
    .describe('Where it is reached; default: its address.'),
})
const Heartbeat = z.object({
  nodeId: z.string().min(1, 'must not be empty').max(64, 'must be shorter than or equal to 64 characters'),
  stats: z.record(z.string(), z.unknown()).nullish().describe('What it tells about itself; at most 4096 bytes as JSON.'),
})
const NodeChange = z.object({
  name: Name.nullish(),
  region: Region,
  status: z.enum(['active', 'draining', 'disabled'], 'must be one of active, draining, disabled').nullish(),
})
const NodeParams = z.object({ id: z.string().describe('Id of the node.') })

const JoinedRow = z.object({
  nodeId: z.string(),
  name: z.string(),
  redisUrl: z.string().nullable(),
  publicWsUrl: z.string().nullable(),
  livekit: z.object({ apiKey: z.string(), apiSecret: z.string(), wsUrl: z.string() }),
})
const InfoRow = z.object({
  enabled: z.boolean(),
  nodesCount: z.int(),
  clusterToken: z.string().nullable(),
  clusterRedisUrl: z.string().nullable(),
  joinCommand: z.string().nullable().describe('A line of shell that joins the machine it runs on.'),
})
const NodeRow = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  region: z.string().nullable(),
  status: z.enum(['active', 'draining', 'disabled']),
  created_at: z.iso.datetime(),
  last_seen_at: z.iso.datetime().nullable(),
  stats: z.record(z.string(), z.unknown()).nullable(),
  stale: z.boolean().describe('Whether it was not heard of for more than 90 seconds.'),
})

const joined = { description: 'The node is registered.', schema: WithData(JoinedRow) }

/** The servers of a cluster. Nodes come with the cluster's own token, operators with a global one. */
export const cluster: RouteTable<Access, Who> = {
  'POST /cluster/join': route({
    summary: 'Register a node, or refresh the one of this name',
    access: 'CLUSTER',
    body: body(NewNode),
    document: JOIN,
    variables: ({ body, request }) => ({ token: clusterTokenOf(request), ...body }),
    reply: ({ joined }: { joined: Joined }, { who }) => new Answer(joined.created ? 201 : 200, { body: withData(toJoined(joined, who)) }),
    success: { 201: joined, 200: { ...joined, description: 'It is refreshed.' } },
    errors: { 401: 'wrong cluster token', 409: 'the name of this server', 503: 'no cluster token is configured' },
  }),
  'POST /cluster/heartbeat': route({
    summary: 'Tell that a node is alive',
    access: 'CLUSTER',
    body: body(Heartbeat),
    document: HEARTBEAT,
    variables: ({ body: { nodeId, stats }, request }) => ({ token: clusterTokenOf(request), id: nodeId, stats }),
    reply: () => withData({ ok: true }),
    success: { 200: { description: 'It is heard.', schema: WithData(z.object({ ok: z.literal(true) })) } },
    errors: { 401: 'wrong cluster token', 404: 'no such node', 413: 'stats are too large', 503: 'no cluster token is configured' },
  }),
  'GET /cluster/info': route({
    summary: 'How nodes join',
    access: 'GLOBAL',
    document: INFO,
    reply: ({ info }: { info: Info }, { who }) => withData(toInfo(info, who)),
    success: { 200: { description: 'The token, and a line that joins.', schema: WithData(InfoRow) } },
  }),
  'GET /cluster/nodes': route({
    summary: 'The nodes',
    access: 'GLOBAL',
    document: LIST,
    reply: ({ nodes }: { nodes: readonly Node[] }) => withData(nodes.map(toRow)),
    success: { 200: { description: 'This server first.', schema: WithData(z.array(NodeRow)) } },
  }),
  'PATCH /cluster/nodes/{id}': route({
    summary: 'Change what is said about a node',
    access: 'GLOBAL',
    params: NodeParams,
    body: body(NodeChange),
    document: UPDATE,
    variables: ({ params, body: { status, ...change } }) => ({ ...params, ...change, status: status?.toUpperCase() }),
    reply: ({ node }: { node: Node }) => withData(toRow(node)),
    success: { 200: { description: 'The node.', schema: WithData(NodeRow) } },
    errors: { 404: 'no such node', 409: 'another node has the name' },
  }),
  'DELETE /cluster/nodes/{id}': route({
    summary: 'Remove a node',
    access: 'GLOBAL',
    params: NodeParams,
    document: DELETE,
    variables: ({ params }) => params,
    reply: ({ node }: { node: { id: string } }) => withData({ id: node.id, deleted: true }),
    success: { 200: { description: 'It is removed.', schema: WithData(z.object({ id: z.string(), deleted: z.literal(true) })) } },
    errors: { 404: 'no such node', 409: 'this server itself' },
  }),
}

function toJoined({ node, redisUrl, publicWsUrl, apiKey, apiSecret }: Joined, { links }: Who): z.output<typeof JoinedRow> {
  return { nodeId: node.id, name: node.name, redisUrl, publicWsUrl, livekit: { apiKey, apiSecret, wsUrl: publicWsUrl ?? links.ws } }
}

function toInfo({ enabled, nodesCount, token, redisUrl }: Info, { links }: Who): z.output<typeof InfoRow> {
  return {
    enabled,
    nodesCount,
    clusterToken: token,
    clusterRedisUrl: redisUrl,
    joinCommand: token === null ? null : joinCommand(links.base, token),
  }
}

function toRow({ createdAt, lastSeenAt, status, id, name, url, region, stats, stale }: Node): z.output<typeof NodeRow> {
  const said = status.toLowerCase() as z.output<typeof NodeRow>['status']
  return { id, name, url, region, status: said, created_at: createdAt, last_seen_at: lastSeenAt, stats, stale }
}

function joinCommand(base: string, token: string): string {
  const itself = `"{\\"name\\":\\"$(hostname)\\",\\"ip\\":\\"$(hostname -I | cut -d' ' -f1)\\"}"`
  const headers = `-H ${quoted(`X-Cluster-Token: ${token}`)} -H 'Content-Type: application/json'`
  return `curl -fsS -X POST ${quoted(`${base}/api/v1/cluster/join`)} ${headers} -d ${itself}`
}

/** One word for a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

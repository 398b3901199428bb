import type { Node, Nodes } from '../core/cluster/nodes.ts'
import type { Core } from '../core/core.ts'
import { builder } from './builder.ts'
import { ChangeEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { given } from './given.ts'

const NodeStatusEnum = builder.enumType('NodeStatus', {
  description: 'What an operator means a node to do.',
  values: {
    ACTIVE: { description: 'It takes part.' },
    DRAINING: { description: 'It gets nothing new.' },
    DISABLED: { description: 'It is to be left alone.' },
  } as const,
})

const NodeType = builder.objectRef<Node>('ClusterNode').implement({
  description: 'A server of the cluster.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id; this server is called origin.' }),
    name: t.exposeString('name', { description: 'By it a node is known again when it joins once more.' }),
    address: t.exposeString('address', { description: 'Its IP address.' }),
    url: t.exposeString('url', { description: 'Where it is reached.' }),
    region: t.exposeString('region', { nullable: true, description: 'Where it stands, in its own words.' }),
    status: t.expose('status', { type: NodeStatusEnum, description: 'What it is meant to do.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it joined first.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', nullable: true, description: 'When it was last heard of.' }),
    stats: t.expose('stats', { type: 'JSON', nullable: true, description: 'What it last told about itself.' }),
    stale: t.boolean({
      description: 'Whether it was not heard of for more than 90 seconds.',
      resolve: (node, _args, { core }) => core.nodes.isStale(node),
    }),
  }),
})

const ClusterInfo = builder.objectRef<Nodes>('ClusterInfo').implement({
  description: 'How other servers join this one.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', { description: 'Whether they may.' }),
    nodesCount: t.int({ description: 'How many there are, with this one.', resolve: (nodes) => nodes.list().length }),
    token: t.string({ nullable: true, description: 'What they present. A secret.', resolve: ({ options }) => options.token }),
    redisUrl: t.string({ nullable: true, description: 'The Redis that they share. A secret.', resolve: ({ options }) => options.redisUrl }),
  }),
})

type Joined = { readonly node: Node; readonly created: boolean; readonly core: Core }

const JoinedCluster = builder.objectRef<Joined>('JoinedCluster').implement({
  description: 'What a node gets to know when it joins.',
  fields: (t) => ({
    node: t.expose('node', { type: NodeType, description: 'The node.' }),
    created: t.exposeBoolean('created', { description: 'Whether it is new; otherwise it joined before under its name.' }),
    redisUrl: t.string({ nullable: true, description: 'The Redis that nodes share.', resolve: ({ core }) => core.nodes.options.redisUrl }),
    publicWsUrl: t.string({
      nullable: true,
      description: 'Where this server takes WebSockets, when its operator says so.',
      resolve: ({ core }) => core.nodes.options.publicWsUrl,
    }),
    apiKey: t.string({ description: 'Issuer of join tokens.', resolve: ({ core }) => core.keys.liveKit.apiKey }),
    apiSecret: t.string({ description: 'What join tokens are signed with. A secret.', resolve: ({ core }) => core.keys.liveKit.apiSecret }),
  }),
})

const MANAGED = { grant: 'MANAGE' } as const

builder.queryFields((t) => ({
  clusterInfo: t.field({
    type: ClusterInfo,
    description: 'How other servers join this one.',
    extensions: MANAGED,
    resolve: (_root, _args, { core }) => core.nodes,
  }),
  nodes: t.field({
    type: [NodeType],
    description: 'Every server of the cluster, this one first.',
    resolve: (_root, _args, { core }) => core.nodes.list(),
  }),
}))

const token = { required: true, description: 'The token of the cluster; the rights of the caller do not matter.' } as const

builder.mutationFields((t) => ({
  joinCluster: t.field({
    type: JoinedCluster,
    description: 'Registers a node, or refreshes the one of this name.',
    extensions: { grant: 'CHECKED' },
    args: {
      token: t.arg.string(token),
      name: t.arg.string({ required: true, description: '1 to 64 letters, digits, dots, dashes and underscores.' }),
      ip: t.arg.string({ required: true, description: 'Its IPv4 or IPv6 address.' }),
      region: t.arg.string({ description: 'Where it stands; at most 64 characters.' }),
      url: t.arg.string({ description: 'Where it is reached, at most 255 characters; its address when absent.' }),
    },
    resolve: async (_root, args, { core }) => {
      core.nodes.requireToken(args.token)
      const { token: _token, name, ip, ...about } = args
      return { ...(await core.nodes.join({ name, ip, ...given(about) })), core }
    },
  }),
  heartbeat: t.field({
    type: NodeType,
    description: 'Tells that a node is alive.',
    extensions: { grant: 'CHECKED' },
    args: {
      token: t.arg.string(token),
      id: t.arg.id({ required: true, description: 'Its id.' }),
      stats: t.arg({ type: 'JSON', description: 'What it tells about itself, up to 4,096 bytes; absent: what it told last stays.' }),
    },
    resolve: (_root, args, { core }) => {
      core.nodes.requireToken(args.token)
      return core.nodes.heartbeat(args.id, args.stats ?? undefined)
    },
  }),
  updateNode: t.field({
    type: NodeType,
    description: 'Changes what an operator says about a node; what is left out stays as it is.',
    args: {
      id: t.arg.id({ required: true, description: 'Its id.' }),
      name: t.arg.string({ description: '1 to 64 letters, digits, dots, dashes and underscores.' }),
      region: t.arg.string({ description: 'Where it stands; at most 64 characters.' }),
      status: t.arg({ type: NodeStatusEnum, description: 'What it is meant to do.' }),
    },
    resolve: (_root, { id, ...change }, { core }) => core.nodes.update(id, given(change)),
  }),
  deleteNode: t.field({
    type: NodeType,
    description: 'Removes a node from the cluster. It may join again.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, { core }) => core.nodes.delete(id),
  }),
}))

const NodeEvent = builder.objectRef<{ change: EventChange; node: Node }>('NodeEvent').implement({
  description: 'Something about a node of the cluster.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    node: t.expose('node', { type: NodeType, description: 'The node.' }),
  }),
})

builder.subscriptionField('nodeEvents', (t) =>
  t.field({
    type: NodeEvent,
    description: 'Every node of the cluster, then each that comes, tells something or is removed.',
    subscribe: (_root, _args, { core }) =>
      events<{ change: EventChange; node: Node }>(core.events, {
        present: () => core.nodes.list().map((node) => ({ change: 'PRESENT', node })),
        on: { 'node.changed': (node, change) => ({ change, node }) },
        keyOf: ({ node }) => node.id,
      }),
    resolve: (event) => event,
  }),
)

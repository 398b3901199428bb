import type { Ingress } from '../core/ingress/ingress.ts'
import type { CreatedIngress } from '../core/ingress/new-ingress.ts'
import { builder } from './builder.ts'
import { ChangeEnum, IngressStateEnum, IngressStatusEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { given } from './given.ts'
import { AppType, IngressType, ParticipantType } from './refs.ts'
import { appTarget, idTarget, roomOfAppTarget, type Target } from './targets.ts'

/** Of a field that names an app, and perhaps a room of it. */
const placeTarget: Target = ({ app, room }, context, parent) => roomOfAppTarget({ app, room: room ?? '' }, context, parent)

/** Of a field that names an ingress, and perhaps its app: who may do this all over the app is told that there is no such ingress. */
const namedTarget: Target = (args, context, parent) => (args.app == null ? idTarget : appTarget.app)(args, context, parent)

/** Of a field of an ingress. */
const itsTarget: Target = (_args, context, ingress) => idTarget({ id: (ingress as Ingress).id }, context, ingress)

builder.node(IngressType, {
  description: 'A way in for one publisher: configured with a stream key, or made on the spot where open publishing is permitted.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core }) => core.ingresses.get(id),
  fields: (t) => ({
    protocol: t.exposeString('protocol', { description: 'The way in, such as RTMP or WHIP.' }),
    app: t.field({ type: AppType, description: 'The app it belongs to.', resolve: ({ app }, _args, { core }) => core.apps.get(app) }),
    room: t.exposeString('room', { description: 'Full name of the room it leads to; the room may not be open.' }),
    identity: t.exposeString('identity', { description: 'Who its publisher is in the room.' }),
    configured: t.exposeBoolean('configured', { description: 'Whether it has a stream key and stays while nobody publishes.' }),
    keyHint: t.exposeString('keyHint', { nullable: true, description: 'The last four characters of its stream key.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    state: t.expose('state', { type: IngressStateEnum, description: 'Whether somebody publishes through it.' }),
    name: t.exposeString('name', { nullable: true, description: "The publisher's display name." }),
    streamKey: t.string({
      nullable: true,
      description: 'Its stream key; null when it has none, or has it from before keys could be read again.',
      extensions: { grant: 'ingress:read', target: itsTarget },
      resolve: (ingress, _args, { core }) => core.ingresses.streamKey(ingress),
    }),
    url: t.string({
      nullable: true,
      description: 'What it pulls; null when it waits for an encoder. May hold a password.',
      extensions: { grant: 'ingress:read', target: itsTarget },
      resolve: (ingress, _args, { core }) => core.ingresses.url(ingress),
    }),
    requiresPassword: t.exposeBoolean('requiresPassword', { description: 'Whether a password goes with its stream key.' }),
    transcode: t.exposeBoolean('transcode', { description: 'Whether renditions of what comes in are made.' }),
    status: t.expose('status', { type: IngressStatusEnum, description: 'How it is doing.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'Why what it pulls can not be had.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'Since when somebody publishes through it.' }),
    bitrateBps: t.int({
      nullable: true,
      description: 'What comes in at the moment, in bit/s.',
      resolve: (ingress) => ingress.bitrateBps(),
    }),
    widthPx: t.int({ nullable: true, description: 'Width of the picture, where it is known.', resolve: ({ picture }) => picture?.widthPx }),
    heightPx: t.int({
      nullable: true,
      description: 'Height of the picture, where it is known.',
      resolve: ({ picture }) => picture?.heightPx,
    }),
    viewers: t.int({
      nullable: true,
      description: 'How many are in its room beside it; null while nobody is there.',
      resolve: (ingress, _args, { core }) => core.ingresses.audienceOf(ingress),
    }),
    participant: t.expose('participant', { type: ParticipantType, nullable: true, description: 'Who publishes through it.' }),
  }),
})

const NewIngress = builder.objectRef<CreatedIngress>('NewIngress').implement({
  description: 'A created ingress and the secrets that lead an encoder to it.',
  fields: (t) => ({
    ingress: t.expose('ingress', { type: IngressType, description: 'The ingress.' }),
    streamKey: t.exposeString('streamKey', { description: 'Its stream key.' }),
    password: t.exposeString('password', {
      nullable: true,
      description: "What has to go with its stream key, where the app's `rtmpPassword` is on. It can not be read again.",
    }),
    adaptive: t.boolean({
      description: 'Whether players and publishers of the app are told of simulcast layers.',
      resolve: ({ ingress }, _args, { core }) => core.apps.get(ingress.app).config.features.adaptivePlayer,
    }),
  }),
})

type Found = { total: number; ingresses: readonly Ingress[] }

const IngressPage = builder.objectRef<Found>('IngressPage').implement({
  description: 'Some of the ingresses that were looked for.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'How many there are in all.' }),
    ingresses: t.field({ type: [IngressType], description: 'These.', resolve: ({ ingresses }) => [...ingresses] }),
  }),
})

const id = { required: true as const, description: 'Its id.' }
const ofApp = { description: 'Only if it belongs to this app.' }

builder.queryFields((t) => ({
  ingresses: t.field({
    type: [IngressType],
    description: 'The ways in: configured ones, and what is live by open publishing.',
    extensions: { grant: 'ingress:read', target: appTarget.app },
    args: {
      app: t.arg.string({ description: 'Only those of this app.' }),
      protocol: t.arg.string({ description: 'Only this way in, such as RTMP.' }),
      state: t.arg({ type: IngressStateEnum, description: 'Only those in this state.' }),
    },
    resolve: (_root, { app, protocol, state }, { core }) =>
      core.ingresses
        .list()
        .filter(
          (ingress) =>
            (app == null || ingress.app === app) &&
            (protocol == null || ingress.protocol === protocol) &&
            (state == null || ingress.state === state),
        ),
  }),
  findIngresses: t.field({
    type: IngressPage,
    description: 'The configured ingresses of an app, the oldest first.',
    extensions: { grant: 'ingress:read', target: appTarget.app },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ description: 'Only those that lead to this room, by full or app-local name.' }),
      search: t.arg.string({
        description: 'Only those with this in their id, in the name of their room, or in that behind the name of the app.',
      }),
      limit: t.arg.int({ description: 'How many at most, 1 to 500; 50 unless said.' }),
      offset: t.arg.int({ description: 'How many to leave out first.' }),
    },
    resolve: (_root, { app: name, room, search, limit, offset }, { core }): Found => {
      const app = core.apps.get(name)
      const words = search?.toLowerCase() ?? ''
      const found = core.ingresses
        .list()
        .filter(
          (ingress) =>
            ingress.configured &&
            ingress.app === name &&
            (room == null || ingress.room === app.fullName(room)) &&
            [ingress.id, ingress.room, `${name}-${ingress.room}`].some((text) => text.toLowerCase().includes(words)),
        )
      const from = Math.max(offset ?? 0, 0)
      return { total: found.length, ingresses: found.slice(from, from + Math.min(Math.max(limit ?? 50, 1), 500)) }
    },
  }),
  ingress: t.field({
    type: IngressType,
    description: 'One ingress.',
    extensions: { grant: 'ingress:read', target: namedTarget },
    args: { id: t.arg.id(id), app: t.arg.string(ofApp) },
    resolve: (_root, args, { core }) => core.ingresses.get(args.id, args.app ?? undefined),
  }),
}))

builder.mutationFields((t) => ({
  createIngress: t.field({
    type: NewIngress,
    description: 'Creates a way in with a stream key of its own. It counts against the quota of streams.',
    extensions: { grant: 'ingress:create', target: placeTarget },
    args: {
      protocol: t.arg.string({ required: true, description: 'RTMP or WHIP, URL for what is pulled, or what another plugin takes.' }),
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ description: "The room it leads to, by full or app-local name; absent: the app's own." }),
      identity: t.arg.string({ description: 'Who its publisher is in the room; `publisher` unless said.' }),
      distinct: t.arg.boolean({ description: 'Whether an identity that is taken in the room gets a number behind it.' }),
      name: t.arg.string({ description: "The publisher's display name, 200 characters at most." }),
      url: t.arg.string({ description: 'What is pulled, 500 characters at most; of URL ingresses only.' }),
      transcode: t.arg.boolean({ description: 'Whether renditions of what comes in are made; absent: as the app says.' }),
    },
    resolve: (_root, { app, protocol, ...args }, { core, caller }) =>
      core.ingresses.create({ app, protocol: protocol.toUpperCase(), ...given(args) }, caller),
  }),
  closeIngress: t.field({
    type: IngressType,
    description: 'Disconnects whoever publishes through it. A configured ingress stays and can be used again.',
    extensions: { grant: 'ingress:write', target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => {
      const ingress = core.ingresses.get(args.id)
      ingress.participant?.leave('REQUESTED')
      return ingress
    },
  }),
  deleteIngress: t.field({
    type: IngressType,
    description: 'Disconnects whoever publishes through it and forgets its stream key.',
    extensions: { grant: 'ingress:delete', target: namedTarget },
    args: { id: t.arg.id(id), app: t.arg.string(ofApp) },
    resolve: (_root, args, { core }) => core.ingresses.delete(core.ingresses.get(args.id, args.app ?? undefined).id),
  }),
  validateIngressPassword: t.field({
    type: 'Boolean',
    description: 'Whether this is the password that goes with a stream key; if so, pushes need not bring it from now on.',
    extensions: { grant: 'ingress:write', target: namedTarget },
    args: {
      id: t.arg.id(id),
      app: t.arg.string(ofApp),
      password: t.arg.string({ required: true, description: 'The password, 256 characters at most.' }),
    },
    resolve: (_root, { id: which, app, password }, { core, caller }) =>
      core.ingresses.validatePassword(core.ingresses.get(which, app ?? undefined).id, password, caller.remoteAddress),
  }),
}))

type Event = { change: EventChange; ingress: Ingress }

const IngressEvent = builder.objectRef<Event>('IngressEvent').implement({
  description: 'Something about an ingress.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    ingress: t.expose('ingress', { type: IngressType, description: 'The ingress.' }),
  }),
})

builder.subscriptionFields((t) => ({
  ingressEvents: t.field({
    type: IngressEvent,
    description: 'Every ingress, then each that is created, goes live or idle, or is deleted.',
    extensions: { grant: 'ingress:read', target: appTarget.app },
    args: { app: t.arg.string({ description: 'Only those of this app.' }) },
    subscribe: (_root, { app }, { core }) => {
      const mine = (ingress: Ingress, change: EventChange): Event | undefined =>
        app == null || ingress.app === app ? { change, ingress } : undefined
      return events<Event>(core.events, {
        present: () => core.ingresses.list().flatMap((ingress) => mine(ingress, 'PRESENT') ?? []),
        on: { 'ingress.changed': mine },
        keyOf: ({ ingress }) => ingress.id,
      })
    },
    resolve: (event) => event,
  }),
}))

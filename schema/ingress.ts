import type { Ingress } from '../core/ingress/ingress.ts'
import { builder } from './builder.ts'
import { ChangeEnum, IngressStateEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { AppType, IngressType, ParticipantType } from './refs.ts'
import { appTarget, idTarget, roomOfAppTarget } from './targets.ts'

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
    participant: t.expose('participant', { type: ParticipantType, nullable: true, description: 'Who publishes through it.' }),
  }),
})

const NewIngress = builder.objectRef<{ ingress: Ingress; streamKey: string }>('NewIngress').implement({
  description: 'A created ingress and the secret that leads an encoder to it.',
  fields: (t) => ({
    ingress: t.expose('ingress', { type: IngressType, description: 'The ingress.' }),
    streamKey: t.exposeString('streamKey', { description: 'Its stream key. It can not be read again.' }),
  }),
})

const id = { required: true as const, description: 'Its id.' }

builder.queryFields((t) => ({
  ingresses: t.field({
    type: [IngressType],
    description: 'The ways in: configured ones, and what is live by open publishing.',
    extensions: { target: appTarget.app },
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
  ingress: t.field({
    type: IngressType,
    description: 'One ingress.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.ingresses.get(args.id),
  }),
}))

builder.mutationFields((t) => ({
  createIngress: t.field({
    type: NewIngress,
    description: 'Creates a way in with a stream key of its own.',
    extensions: { target: roomOfAppTarget },
    args: {
      protocol: t.arg.string({ required: true, description: 'RTMP or WHIP, or what another plugin takes.' }),
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room it leads to, by full or app-local name.' }),
      identity: t.arg.string({ description: 'Who its publisher is in the room; `publisher` unless said.' }),
    },
    resolve: (_root, { identity, protocol, ...args }, { core }) =>
      core.ingresses.create({ ...args, protocol: protocol.toUpperCase(), ...(identity != null && { identity }) }),
  }),
  closeIngress: t.field({
    type: IngressType,
    description: 'Disconnects whoever publishes through it. A configured ingress stays and can be used again.',
    extensions: { target: idTarget },
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
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.ingresses.delete(args.id),
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
    extensions: { target: appTarget.app },
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

import type { App } from '../core/app/app.ts'
import { builder } from './builder.ts'
import type { CallbackDelivery } from './callback-service.ts'
import { AppType } from './refs.ts'
import { appTarget } from './targets.ts'

const CallbackStateEnum = builder.enumType('CallbackState', {
  description: 'How far a callback has come.',
  values: {
    PENDING: { description: 'It waits for its turn.' },
    RETRYING: { description: 'The receiver did not take it; it is tried again.' },
    DELIVERED: { description: 'The receiver took it.' },
    FAILED: { description: 'It is not tried again.' },
  } as const,
})

const CallbackDeliveryType = builder.objectRef<CallbackDelivery>('CallbackDelivery').implement({
  description: "One event as an app's receiver was told it, or will be.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The same at each attempt; the receiver gets it as X-StreamHub-Delivery.' }),
    event: t.exposeString('event', { description: 'What happened, such as `stream_started`.' }),
    room: t.exposeString('room', { nullable: true, description: 'Full name of the room where it happened.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    state: t.expose('state', { type: CallbackStateEnum, description: 'How far it has come.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    status: t.exposeInt('status', { nullable: true, description: 'HTTP status of the last answer; absent when there was none.' }),
    error: t.exposeString('error', { nullable: true, description: 'Why the last attempt failed.' }),
    durationMs: t.exposeInt('durationMs', { nullable: true, description: 'How long the last attempt took, in milliseconds.' }),
    nextAttemptAt: t.expose('nextAttemptAt', { type: 'DateTime', nullable: true, description: 'When it is tried again.' }),
  }),
})

const CallbacksType = builder.objectRef<App>('Callbacks').implement({
  description: 'What an app tells its receiver, a webhook.',
  fields: (t) => ({
    pending: t.int({ description: 'Callbacks that wait.', resolve: (app, _args, { callbacks }) => callbacks.counts(app).pending }),
    dropped: t.int({
      description: 'Callbacks that were lost since the server started because too many waited, the oldest first.',
      resolve: (app, _args, { callbacks }) => callbacks.counts(app).dropped,
    }),
    deliveries: t.field({
      type: [CallbackDeliveryType],
      description: 'The last 200 since the server started, oldest first.',
      resolve: (app, _args, { callbacks }) => [...callbacks.deliveries(app)],
    }),
  }),
})

builder.objectField(AppType, 'callbacks', (t) =>
  t.field({
    type: CallbacksType,
    description: 'What it tells its receiver.',
    extensions: { grant: 'config:read', target: appTarget.parent },
    resolve: (app) => app,
  }),
)

builder.queryField('callbackDeliveries', (t) =>
  t.field({
    type: [CallbackDeliveryType],
    description: 'The last 200 callbacks of an app since the server started, oldest first.',
    extensions: { grant: 'config:read', target: appTarget.app },
    args: { app: t.arg.string({ required: true, description: 'Name of the app.' }) },
    resolve: (_root, { app }, { core, callbacks }) => [...callbacks.deliveries(core.apps.get(app))],
  }),
)

builder.mutationFields((t) => ({
  redeliverCallback: t.field({
    type: CallbackDeliveryType,
    description: 'Tells one of the last callbacks again, with the same id and body; one that waits for its next attempt, at once.',
    extensions: { grant: 'config:write', target: appTarget.app },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      id: t.arg.id({ required: true, description: 'Id of the delivery.' }),
    },
    resolve: (_root, { app, id }, { core, callbacks }) => callbacks.redeliver(core.apps.get(app), String(id)),
  }),
  testCallback: t.field({
    type: CallbackDeliveryType,
    description: 'Tells the receiver of an app the event `callback_test`. How that went is told by `callbackEvents`.',
    extensions: { grant: 'config:write', target: appTarget.app },
    args: { app: t.arg.string({ required: true, description: 'Name of the app.' }) },
    resolve: (_root, { app }, { core, callbacks }) => callbacks.test(core.apps.get(app)),
  }),
}))

builder.subscriptionField('callbackEvents', (t) =>
  t.field({
    type: CallbackDeliveryType,
    description: 'The last callbacks of an app, then each change of one: queued, tried, delivered, given up.',
    extensions: { grant: 'config:read', target: appTarget.app },
    args: { app: t.arg.string({ required: true, description: 'Name of the app.' }) },
    subscribe: (_root, { app }, { core, callbacks }) => callbacks.watch(core.apps.get(app)),
    resolve: (delivery) => delivery,
  }),
)

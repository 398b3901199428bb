import type { MediaWorker } from '../core/media/media-worker.ts'
import { builder } from './builder.ts'
import type { ServerService } from './context.ts'
import { LogLevelEnum } from './enums.ts'

const Worker = builder.objectRef<MediaWorker>('MediaWorker').implement({
  description: 'One mediasoup process.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place; it keeps it, and its port, when it is replaced.' }),
    pid: t.exposeInt('pid', { description: 'Its process id.' }),
    load: t.exposeInt('load', { description: 'Rooms and viewers that it carries.' }),
  }),
})

const Server = builder.objectRef<ServerService>('Server').implement({
  description: 'This server.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Its version.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it started.' }),
    logLevel: t.expose('logLevel', { type: LogLevelEnum, description: 'What it logs at least.' }),
    mediaWorkers: t.field({
      type: [Worker],
      description: 'The media workers that are alive.',
      resolve: (_server, _args, { core }) => core.workers.alive,
    }),
  }),
})

builder.queryField('server', (t) => t.field({ type: Server, description: 'This server.', resolve: (_root, _args, { server }) => server }))

builder.mutationField('setLogLevel', (t) =>
  t.field({
    type: Server,
    description: 'Changes what is logged from now on.',
    args: { level: t.arg({ type: LogLevelEnum, required: true, description: 'The least level that is logged.' }) },
    resolve: (_root, { level }, { server }) => {
      server.logLevel = level
      return server
    },
  }),
)

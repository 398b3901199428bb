import { builder } from './builder.ts'
import type { LogEntry } from './context.ts'
import { LogLevelEnum } from './enums.ts'

export const LogLine = builder.objectRef<LogEntry>('LogLine').implement({
  description: 'One line of a log.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it was written.' }),
    level: t.expose('level', { type: LogLevelEnum, description: 'How much it matters.' }),
    message: t.exposeString('message', { description: 'What it says.' }),
    fields: t.expose('fields', {
      type: 'JSON',
      description: 'What it is about: room, participant, plugin, task and the like. Secrets are masked.',
    }),
  }),
})

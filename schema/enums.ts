import { builder } from './builder.ts'

const values = <const Name extends string>(described: Record<Name, string>) =>
  Object.fromEntries(Object.entries<string>(described).map(([name, description]) => [name, { description }])) as Record<
    Name,
    { description: string }
  >

export const GrantEnum = builder.enumType('Grant', {
  description: 'What a token allows.',
  values: values({
    MANAGE: 'Everything.',
    OBSERVE: 'Reading what the server knows.',
    PUBLISH: 'Sending media into rooms.',
    PLAY: 'Listing what is live and watching it.',
  }),
})

export const ChangeEnum = builder.enumType('Change', {
  description: 'What happened to the thing an event is about.',
  values: values({
    PRESENT: 'It was there when the subscription began.',
    CREATED: 'It has come.',
    CHANGED: 'Something about it has changed.',
    DELETED: 'It has gone.',
  }),
})

export const CloseReasonEnum = builder.enumType('CloseReason', {
  description: 'Why something ended.',
  values: values({
    REQUESTED: 'Somebody asked for it through the API.',
    LEFT: 'The other side said goodbye.',
    DISCONNECTED: 'The other side vanished.',
    IDLE: 'Nothing came for too long.',
    TAKEN_OVER: 'Another publisher took the identity over.',
    ROOM_CLOSED: 'The room closed.',
    MEDIA_WORKER_DIED: 'The media worker that carried it died.',
    PLUGIN_STOPPED: 'The plugin that carried it stopped.',
    REFUSED: 'What came could not be used.',
    FAILED: 'It failed; the log says how.',
    SHUTDOWN: 'The server stopped.',
  }),
})

export const TrackKindEnum = builder.enumType('TrackKind', {
  description: 'What a track carries.',
  values: { AUDIO: { value: 'audio', description: 'Sound.' }, VIDEO: { value: 'video', description: 'Pictures.' } } as const,
})

export const IngressStateEnum = builder.enumType('IngressState', {
  description: 'Whether somebody publishes through an ingress.',
  values: values({ IDLE: 'Nobody does.', LIVE: 'Somebody does.' }),
})

export const IngressStatusEnum = builder.enumType('IngressStatus', {
  description: 'How an ingress is doing.',
  values: values({
    INACTIVE: 'Nobody publishes through it.',
    BUFFERING: 'Somebody is there, and no media has come yet.',
    PUBLISHING: 'Media comes in.',
    ERROR: 'What it pulls can not be had.',
    COMPLETE: 'What it pulled has come to its end.',
  }),
})

export const TaskStateEnum = builder.enumType('TaskState', {
  description: 'How a task is doing.',
  values: values({
    STARTING: 'It is coming up.',
    RUNNING: 'It does its work.',
    RESTARTING: 'It failed or was told to restart, and is coming up again.',
    STOPPING: 'It is going down.',
    STOPPED: 'It has ended.',
    FAILED: 'It failed too often and waits for somebody to restart it.',
  }),
})

export const PluginStateEnum = builder.enumType('PluginState', {
  description: 'How a plugin is doing.',
  values: values({
    DISABLED: 'An operator has switched it off.',
    STARTING: 'Its thread is coming up.',
    RUNNING: 'It does its work.',
    RESTARTING: 'It failed, hung or was told to restart, and is coming up again.',
    FAILED: 'It failed too often and waits for somebody to restart it.',
  }),
})

export const LogLevelEnum = builder.enumType('LogLevel', {
  description: 'How much a log line matters.',
  values: {
    TRACE: { value: 'trace', description: 'Every step.' },
    DEBUG: { value: 'debug', description: 'For finding faults.' },
    INFO: { value: 'info', description: 'What happens.' },
    WARN: { value: 'warn', description: 'Something to look at.' },
    ERROR: { value: 'error', description: 'Something failed.' },
    FATAL: { value: 'fatal', description: 'The server can not go on.' },
  } as const,
})

import { Feed } from '../../core/kernel/feed.ts'
import type { PluginBuilder } from '../kit/schema.ts'
import type { recordingTypes } from './recording-type.ts'
import type { RuleInput, RuleRow, Rules } from './rules.ts'

const APP = { required: true as const, description: 'Name of the app.' }

/** Adds rules to the API. */
export function addRules(builder: PluginBuilder, rules: Rules, { Mode }: Pick<ReturnType<typeof recordingTypes>, 'Mode'>): void {
  const Rule = builder.objectRef<RuleRow>('RecordingRule').implement({
    description: 'What is recorded without being asked for, and for how long it is kept.',
    fields: (t) => ({
      id: t.exposeString('id', { description: 'Unique id.' }),
      room: t.exposeString('pattern', { description: 'App-local name of a room; `*` stands for any characters.' }),
      identity: t.exposeString('identity', { nullable: true, description: 'Only this participant; null: everybody who publishes.' }),
      mode: t.expose('mode', { type: Mode, nullable: true, description: 'What it shows; null: as the app is configured.' }),
      from: t.exposeString('fromTime', { nullable: true, description: 'From this time of day on, HH:MM; null: always.' }),
      to: t.exposeString('toTime', { nullable: true, description: 'Until this time of day, HH:MM; before `from`: of the next day.' }),
      timeZone: t.exposeString('timeZone', { description: 'In which these times are meant.' }),
      keepDays: t.exposeInt('keepDays', {
        nullable: true,
        description: 'Recordings of its rooms are deleted after so many days; null: never.',
      }),
      enabled: t.exposeBoolean('enabled', { description: 'Whether it holds.' }),
    }),
  })
  const Input = builder.inputType('RecordingRuleInput', {
    description: 'A rule.',
    fields: (t) => ({
      room: t.string({ required: true, description: 'App-local name of a room; `*` stands for any characters.' }),
      identity: t.string({ description: 'Only this participant.' }),
      mode: t.field({ type: Mode, description: 'What it shows.' }),
      from: t.string({ description: 'From this time of day on, HH:MM.' }),
      to: t.string({ description: 'Until this time of day, HH:MM.' }),
      timeZone: t.string({ defaultValue: 'UTC', description: 'In which these times are meant, such as Europe/Berlin.' }),
      keepDays: t.int({ description: 'Delete recordings of its rooms after so many days.' }),
      enabled: t.boolean({ defaultValue: true, description: 'Whether it holds.' }),
    }),
  })

  builder.queryField('recordingRules', (t) =>
    t.field({
      type: [Rule],
      description: 'The rules of an app, the oldest first; of several that are about a room, the first decides.',
      extensions: { grant: 'config:read' },
      args: { app: t.arg.string(APP) },
      resolve: (_root, { app }) => rules.list(app),
    }),
  )
  builder.mutationFields((t) => ({
    setRecordingRule: t.field({
      type: Rule,
      description: 'Makes a rule, or replaces one.',
      extensions: { grant: 'config:write' },
      args: {
        app: t.arg.string(APP),
        id: t.arg.string({ description: 'Id of the one to replace; absent: a new one.' }),
        input: t.arg({ type: Input, required: true, description: 'The rule.' }),
      },
      resolve: (_root, { app, id, input: { room, identity, mode, from, to, timeZone, keepDays, enabled } }) => {
        const rule: RuleInput = {
          pattern: room,
          identity: identity ?? null,
          mode: mode ?? null,
          fromTime: from ?? null,
          toTime: to ?? null,
          timeZone: timeZone ?? 'UTC',
          keepDays: keepDays ?? null,
          enabled: enabled ?? true,
        }
        return rules.set(app, id ?? undefined, rule)
      },
    }),
    deleteRecordingRule: t.field({
      type: Rule,
      description: 'Deletes a rule. What is being recorded for it ends.',
      extensions: { grant: 'config:write' },
      args: { app: t.arg.string(APP), id: t.arg.string({ required: true, description: 'Its id.' }) },
      resolve: (_root, { app, id }) => rules.delete(app, id),
    }),
  }))
  builder.subscriptionField('recordingRulesChanged', (t) =>
    t.field({
      type: [Rule],
      description: 'The rules of an app: now, and at every change.',
      extensions: { grant: 'config:read' },
      args: { app: t.arg.string(APP) },
      subscribe: (_root, { app }, { signal }) => watch(rules, app, signal),
      resolve: (list) => list,
    }),
  )
}

async function watch(rules: Rules, app: string, signal: AbortSignal): Promise<Feed<RuleRow[]>> {
  const tell = async (changed: string) => {
    if (changed === app) feed.push(await rules.list(app))
  }
  const feed = new Feed<RuleRow[]>({ keyOf: () => app, onEnd: () => rules.events.off('changed', tell) })
  rules.events.on('changed', tell)
  signal.addEventListener('abort', () => feed.end(), { once: true })
  await tell(app)
  return feed
}

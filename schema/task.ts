import { Feed } from '../core/kernel/feed.ts'
import type { Task } from '../core/tasks/task.ts'
import type { Tasks } from '../core/tasks/tasks.ts'
import { builder } from './builder.ts'
import { TaskStateEnum } from './enums.ts'
import { TaskType } from './refs.ts'

builder.node(TaskType, {
  description: 'One long-running thing in the supervision tree.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core }) => core.tasks.get(id),
  fields: (t) => ({
    type: t.exposeString('type', { description: 'What kind of thing runs: SERVER, MEDIA_WORKER, PLUGIN, INGRESS, PIPELINE …' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    owner: t.exposeString('owner', { description: "Who runs it: core, or a plugin's name." }),
    state: t.expose('state', { type: TaskStateEnum, description: 'How it is doing.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was first started.' }),
    restarts: t.exposeInt('restarts', { description: 'How often it has come up again.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'What went wrong last.' }),
    parentId: t.id({ nullable: true, description: 'The task it runs below.', resolve: ({ parent }) => parent?.id }),
    stoppable: t.boolean({ description: 'Whether it can be stopped on its own.', resolve: ({ verbs }) => verbs.stop !== undefined }),
    restartable: t.boolean({ description: 'Whether it can be restarted on its own.', resolve: ({ verbs }) => verbs.restart !== undefined }),
    children: t.field({ type: [TaskType], description: 'What runs below it.', resolve: ({ children }) => [...children] }),
  }),
})

const id = { required: true as const, description: 'Its id.' }

builder.queryFields((t) => ({
  tasks: t.field({
    type: [TaskType],
    description: 'Everything that runs, parents before children.',
    resolve: (_root, _args, { core }) => [...core.tasks],
  }),
  taskTree: t.field({
    type: TaskType,
    description: 'The server itself, with everything below it.',
    resolve: (_root, _args, { core }) => core.tasks.root,
  }),
}))

builder.mutationFields((t) => ({
  stopTask: t.field({
    type: TaskType,
    description: 'Stops a task for good.',
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.tasks.stop(args.id),
  }),
  restartTask: t.field({
    type: TaskType,
    description: 'Stops a task and starts it again.',
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.tasks.restart(args.id),
  }),
}))

builder.subscriptionFields((t) => ({
  taskTree: t.field({
    type: [TaskType],
    description: 'Everything that runs, whole and parents before children: now and after each change.',
    extensions: { sharing: 'STATE' },
    subscribe: (_root, _args, { core }) => changes(core.tasks),
    resolve: (_change, _args, { core }) => [...core.tasks],
  }),
}))

/** All changes are one: whoever is slow gets the latest state. */
function changes(tasks: Tasks): Feed<true> {
  const feed = new Feed<true>({ keyOf: () => 'state', onEnd: () => tasks.events.off('changed', changed) })
  const changed = (_task: Task) => feed.push(true)
  tasks.events.on('changed', changed)
  feed.push(true)
  return feed
}

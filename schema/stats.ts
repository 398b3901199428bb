import type { AppSizes } from '../core/app/app-sizes.ts'
import type { LogLevel } from '../core/kernel/log.ts'
import type { Room } from '../core/room/room.ts'
import { builder } from './builder.ts'
import { requireCredential } from './credentialed.ts'
import { AppType, RoomType } from './refs.ts'
import { sampled } from './sampled.ts'
import { appTarget } from './targets.ts'

/** Reading them takes a look at every database and recording. */
const SHORTEST_INTERVAL_MS = 1_000

type Space = { readonly totalBytes: number; readonly freeBytes: number; readonly usedBytes: number }
/** How many there are, and how many of them run. */
type Tally = { readonly active: number; readonly total: number }

export type ServerStats = {
  readonly at: Date
  readonly uptimeSeconds: number
  readonly version: string
  readonly cpu: { readonly loadAvg: readonly number[]; readonly cores: number }
  readonly memory: Space
  readonly disk: Space | undefined
  readonly storage: {
    readonly registryBytes: number
    readonly appDatabasesBytes: number
    readonly recordings: number
    readonly recordingsBytes: number
  }
  readonly mediaAlive: boolean
  readonly counts: { readonly apps: number; readonly rooms: number; readonly activeStreams: number }
  readonly ingress: Tally
  readonly egress: Tally
}

export type AppStats = {
  readonly at: Date
  readonly activeStreams: number
  /** Absent where the app does not count them. */
  readonly viewers: number | undefined
  readonly rooms: readonly { readonly room: Room; readonly viewers: number | undefined; readonly publishers: number }[]
  readonly sizes: AppSizes
  readonly ingress: Tally
  /** Lines of the log during the last 24 hours. */
  readonly logLines: Partial<Record<LogLevel, number>>
}

const SpaceType = builder.objectRef<Space>('Space').implement({
  description: 'Memory or disk, in bytes.',
  fields: (t) => ({
    totalBytes: t.expose('totalBytes', { type: 'BigInt', description: 'All there is, in bytes.' }),
    freeBytes: t.expose('freeBytes', { type: 'BigInt', description: 'What is free, in bytes.' }),
    usedBytes: t.expose('usedBytes', { type: 'BigInt', description: 'What is in use, in bytes.' }),
  }),
})

const TallyType = builder.objectRef<Tally>('Tally').implement({
  description: 'How many there are.',
  fields: (t) => ({
    active: t.exposeInt('active', { description: 'How many of them run.' }),
    total: t.exposeInt('total', { description: 'How many there are.' }),
  }),
})

const Cpu = builder.objectRef<ServerStats['cpu']>('Cpu').implement({
  description: 'The processors of the machine.',
  fields: (t) => ({
    loadAvg: t.floatList({
      description: 'Processes that ran or waited to, on average over 1, 5 and 15 minutes.',
      resolve: ({ loadAvg }) => [...loadAvg],
    }),
    cores: t.exposeInt('cores', { description: 'How many there are.' }),
  }),
})

const Storage = builder.objectRef<ServerStats['storage']>('Storage').implement({
  description: 'What the server keeps.',
  fields: (t) => ({
    registryBytes: t.expose('registryBytes', { type: 'BigInt', description: "Size of the server's own database; 0 when it is elsewhere." }),
    appDatabasesBytes: t.expose('appDatabasesBytes', { type: 'BigInt', description: "Size of the apps' databases together, in bytes." }),
    recordings: t.exposeInt('recordings', { description: 'How many recordings there are.' }),
    recordingsBytes: t.expose('recordingsBytes', { type: 'BigInt', description: 'Size of the recordings together, in bytes.' }),
  }),
})

const Counts = builder.objectRef<ServerStats['counts']>('Counts').implement({
  description: 'How much there is.',
  fields: (t) => ({
    apps: t.exposeInt('apps', { description: 'Apps.' }),
    rooms: t.exposeInt('rooms', { description: 'Open rooms.' }),
    activeStreams: t.exposeInt('activeStreams', { description: 'Participants that publish.' }),
  }),
})

const ServerStatsType = builder.objectRef<ServerStats>('ServerStats').implement({
  description: 'How the server is doing.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When this was so.' }),
    uptimeSeconds: t.exposeInt('uptimeSeconds', { description: 'Seconds since it started.' }),
    version: t.exposeString('version', { description: 'Its version.' }),
    cpu: t.expose('cpu', { type: Cpu, description: 'The processors.' }),
    memory: t.expose('memory', { type: SpaceType, description: 'The memory of the machine.' }),
    disk: t.expose('disk', {
      type: SpaceType,
      nullable: true,
      description: 'The disk of the data folder; absent when it can not be asked.',
    }),
    storage: t.expose('storage', { type: Storage, description: 'What it keeps.' }),
    mediaAlive: t.exposeBoolean('mediaAlive', { description: 'Whether a media worker is alive.' }),
    counts: t.expose('counts', { type: Counts, description: 'How much there is.' }),
    ingress: t.expose('ingress', { type: TallyType, description: 'The ways in.' }),
    egress: t.expose('egress', { type: TallyType, description: 'Recordings, restreams and the like that run or are about to.' }),
  }),
})

const RoomStats = builder.objectRef<AppStats['rooms'][number]>('RoomStats').implement({
  description: 'How a room is doing.',
  fields: (t) => ({
    room: t.expose('room', { type: RoomType, description: 'The room.' }),
    viewers: t.exposeInt('viewers', { nullable: true, description: 'How many watch; absent where the app does not count them.' }),
    publishers: t.exposeInt('publishers', { description: 'How many publish.' }),
  }),
})

const LogLineCounts = builder.objectRef<AppStats['logLines']>('LogLineCounts').implement({
  description: 'How many lines of the log.',
  fields: (t) => ({
    error: t.int({ description: 'Failures, fatal ones too.', resolve: ({ error = 0, fatal = 0 }) => error + fatal }),
    warn: t.int({ description: 'Things to look at.', resolve: ({ warn = 0 }) => warn }),
    info: t.int({ description: 'What happened.', resolve: ({ info = 0 }) => info }),
  }),
})

const RecordingCounts = builder.objectRef<AppSizes>('RecordingCounts').implement({
  description: 'How many recordings there are.',
  fields: (t) => ({
    total: t.exposeInt('recordings', { description: 'All of them.' }),
    recording: t.int({ description: 'That are going on.', resolve: ({ recordingStates }) => recordingStates.RECORDING ?? 0 }),
    uploading: t.int({ description: 'That are being finished.', resolve: ({ recordingStates }) => recordingStates.UPLOADING ?? 0 }),
    ready: t.int({ description: 'That can be watched.', resolve: ({ recordingStates }) => recordingStates.READY ?? 0 }),
    failed: t.int({ description: 'That came to nothing.', resolve: ({ recordingStates }) => recordingStates.FAILED ?? 0 }),
  }),
})

const AppStatsType = builder.objectRef<AppStats>('AppStats').implement({
  description: 'How an app is doing.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When this was so.' }),
    activeStreams: t.exposeInt('activeStreams', { description: 'Participants that publish.' }),
    viewers: t.exposeInt('viewers', { nullable: true, description: 'How many watch; absent where the app does not count them.' }),
    rooms: t.field({ type: [RoomStats], description: 'Its open rooms.', resolve: ({ rooms }) => [...rooms] }),
    databaseBytes: t.field({ type: 'BigInt', description: 'Size of its database, in bytes.', resolve: ({ sizes }) => sizes.databaseBytes }),
    recordingsBytes: t.field({
      type: 'BigInt',
      description: 'Size of its recordings together, in bytes.',
      resolve: ({ sizes }) => sizes.recordingsBytes,
    }),
    recordings: t.field({ type: RecordingCounts, description: 'How many recordings it has.', resolve: ({ sizes }) => sizes }),
    ingress: t.expose('ingress', { type: TallyType, description: 'Its ways in.' }),
    logLines: t.expose('logLines', { type: LogLineCounts, description: 'What was logged about it during the last 24 hours.' }),
  }),
})

builder.objectField(AppType, 'stats', (t) =>
  t.field({
    type: AppStatsType,
    description: 'How it is doing; at most 5 seconds old.',
    extensions: { grant: 'app:read', target: appTarget.parent },
    resolve: (app, _args, { stats }) => stats.ofApp(app),
  }),
)

builder.queryField('serverStats', (t) =>
  t.field({
    type: ServerStatsType,
    description: 'How the server is doing. Any credential will do.',
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { stats, caller }) => {
      requireCredential(caller)
      return stats.server()
    },
  }),
)

builder.subscriptionField('serverStatsEvents', (t) =>
  t.field({
    type: ServerStatsType,
    description: 'How the server is doing: now, then again and again. Any credential will do.',
    extensions: { grant: 'CHECKED' },
    args: { intervalMs: t.arg.int({ defaultValue: 5_000, description: 'Milliseconds in between; at least 1,000.' }) },
    subscribe: (_root, { intervalMs }, { stats, caller }) => {
      requireCredential(caller)
      return sampled(Math.max(intervalMs ?? 5_000, SHORTEST_INTERVAL_MS), () => stats.server())
    },
    resolve: (value) => value,
  }),
)

type Health = { readonly version: string; readonly at: Date; readonly uptimeSeconds: number }

const HealthType = builder.objectRef<Health>('Health').implement({
  description: 'That the server answers.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Its version.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it answered.' }),
    uptimeSeconds: t.exposeInt('uptimeSeconds', { description: 'Seconds since it started.' }),
  }),
})

builder.queryField('health', (t) =>
  t.field({
    type: HealthType,
    description: 'That the server answers. No right is needed for it.',
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { server: { version, startedAt } }) => {
      const at = new Date()
      return { version, at, uptimeSeconds: Math.floor((at.getTime() - startedAt.getTime()) / 1_000) }
    },
  }),
)

import type { LogLevel } from '../core/kernel/log.ts'
import { builder } from './builder.ts'
import { LogLevelEnum } from './enums.ts'

/** The configuration as it works at the moment. No secret is in it: only whether there is one. */
export type Settings = {
  readonly server: {
    readonly host: string
    readonly port: number
    readonly publicUrl: string | undefined
    readonly publicWsUrl: string | undefined
    readonly rtmpPublicHost: string | undefined
    readonly logLevel: LogLevel
    readonly logRetentionDays: number
    readonly dataDir: string
    /** Bytes. */
    readonly registryBytes: number
    readonly appsCount: number
  }
  readonly auth: {
    readonly adminUser: string
    readonly adminPasswordSet: boolean
    readonly sessionKeySet: boolean
    readonly joinKeyHint: string
    readonly metricsTokenSet: boolean
  }
  readonly cluster: { readonly enabled: boolean; readonly redisAddress: string | undefined; readonly nodesCount: number }
  readonly ports: { readonly http: number; readonly rtmp: number; readonly rtc: number }
  readonly process: {
    readonly version: string
    readonly nodeVersion: string
    readonly pid: number
    readonly platform: string
    readonly uptimeSeconds: number
    readonly memoryRssBytes: number
  }
  readonly guidance: readonly SettingsGroup[]
}

/** How the settings of one group are changed. */
export type SettingsGroup = { readonly group: string; readonly settings: readonly SettingHelp[] }
type SettingHelp = { readonly setting: string; readonly variable: string; readonly howToChange: string }

export interface SettingsService {
  read(): Promise<Settings>
}

const ServerSettings = builder.objectRef<Settings['server']>('ServerSettings').implement({
  description: 'Where the server listens, what it is called, and what it keeps.',
  fields: (t) => ({
    host: t.exposeString('host', { description: 'Address it listens on.' }),
    port: t.exposeInt('port', { description: 'Its HTTP port.' }),
    publicUrl: t.exposeString('publicUrl', {
      nullable: true,
      description: 'Its address in links; absent: the one under which it was asked.',
    }),
    publicWsUrl: t.exposeString('publicWsUrl', { nullable: true, description: 'The same for WebSockets.' }),
    rtmpPublicHost: t.exposeString('rtmpPublicHost', { nullable: true, description: 'Host in the RTMP addresses that encoders are told.' }),
    logLevel: t.expose('logLevel', { type: LogLevelEnum, description: 'What is logged at least.' }),
    logRetentionDays: t.exposeInt('logRetentionDays', { description: 'Days for which the log is kept.' }),
    dataDir: t.exposeString('dataDir', { description: 'Folder of everything that is kept.' }),
    registryBytes: t.expose('registryBytes', { type: 'BigInt', description: 'Size of its own database, in bytes.' }),
    appsCount: t.exposeInt('appsCount', { description: 'How many apps there are.' }),
  }),
})

const AuthSettings = builder.objectRef<Settings['auth']>('AuthSettings').implement({
  description: 'Which credentials are configured; never what they are.',
  fields: (t) => ({
    adminUser: t.exposeString('adminUser', { description: 'Name with which the administrator logs in.' }),
    adminPasswordSet: t.exposeBoolean('adminPasswordSet', {
      description: 'Whether the administrator has a password, without which nobody logs in so.',
    }),
    sessionKeySet: t.exposeBoolean('sessionKeySet', { description: 'Whether there is a key with which logins are signed.' }),
    joinKeyHint: t.exposeString('joinKeyHint', { description: 'How the name of the key begins with which join tokens are signed.' }),
    metricsTokenSet: t.exposeBoolean('metricsTokenSet', { description: 'Whether /metrics has a token of its own.' }),
  }),
})

const ClusterSettings = builder.objectRef<Settings['cluster']>('ClusterSettings').implement({
  description: 'Whether and how other servers join this one.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', { description: 'Whether they may.' }),
    redisAddress: t.exposeString('redisAddress', { nullable: true, description: 'Host and port of the Redis that nodes are told of.' }),
    nodesCount: t.exposeInt('nodesCount', { description: 'How many there are, with this one.' }),
  }),
})

const Ports = builder.objectRef<Settings['ports']>('Ports').implement({
  description: 'Where the server listens.',
  fields: (t) => ({
    http: t.exposeInt('http', { description: 'HTTP and WebSockets: API, WHIP, WHEP, signalling, pages.' }),
    rtmp: t.exposeInt('rtmp', { description: 'RTMP.' }),
    rtc: t.exposeInt('rtc', { description: 'WebRTC over UDP and TCP, of the first media worker; the others follow. 0: free ones.' }),
  }),
})

const Process = builder.objectRef<Settings['process']>('ServerProcess').implement({
  description: 'The process of the server.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Version of the server.' }),
    nodeVersion: t.exposeString('nodeVersion', { description: 'Version of Node.' }),
    pid: t.exposeInt('pid', { description: 'Its process id.' }),
    platform: t.exposeString('platform', { description: 'Operating system and processor.' }),
    uptimeSeconds: t.exposeInt('uptimeSeconds', { description: 'Seconds since the server started.' }),
    memoryRssBytes: t.expose('memoryRssBytes', { type: 'BigInt', description: 'Memory it holds, in bytes.' }),
  }),
})

const SettingHelpType = builder.objectRef<SettingHelp>('SettingHelp').implement({
  description: 'How a setting is changed.',
  fields: (t) => ({
    setting: t.exposeString('setting', { description: 'What it is called here.' }),
    variable: t.exposeString('variable', { description: 'The environment variable that says it.' }),
    howToChange: t.exposeString('howToChange', { description: 'What to do.' }),
  }),
})

const SettingsGroupType = builder.objectRef<SettingsGroup>('SettingsGroup').implement({
  description: 'Settings that belong together.',
  fields: (t) => ({
    group: t.exposeString('group', { description: 'What they are about.' }),
    settings: t.field({ type: [SettingHelpType], description: 'How each is changed.', resolve: ({ settings }) => [...settings] }),
  }),
})

const SettingsType = builder.objectRef<Settings>('Settings').implement({
  description: 'The configuration as it works at the moment. No secret is in it: only whether there is one.',
  fields: (t) => ({
    server: t.expose('server', { type: ServerSettings, description: 'Where it listens, what it is called, and what it keeps.' }),
    auth: t.expose('auth', { type: AuthSettings, description: 'Which credentials are configured.' }),
    cluster: t.expose('cluster', { type: ClusterSettings, description: 'Whether and how other servers join this one.' }),
    ports: t.expose('ports', { type: Ports, description: 'Where it listens.' }),
    process: t.expose('process', { type: Process, description: 'The process.' }),
    guidance: t.field({ type: [SettingsGroupType], description: 'How settings are changed.', resolve: ({ guidance }) => [...guidance] }),
  }),
})

builder.queryField('settings', (t) =>
  t.field({
    type: SettingsType,
    description: 'The configuration as it works at the moment, without secrets.',
    extensions: { grant: 'MANAGE' },
    resolve: (_root, _args, { settings }) => settings.read(),
  }),
)

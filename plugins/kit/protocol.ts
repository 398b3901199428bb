import type { MessagePort } from 'node:worker_threads'
import type { Caller, Grant } from '../../core/access/caller.ts'
import type { AppDeletion } from '../../core/app/apps.ts'
import type { LogLevel } from '../../core/kernel/log.ts'
import type { Permission } from '../../core/kernel/permission.ts'
import type { TaskState } from '../../core/tasks/task.ts'
import type { WireError } from './rpc-protocol.ts'

/** What a plugin's thread is started with. */
export type Startup = {
  /** The plugin's name in `plugins.config.ts`. */
  name: string
  /** File URL of the module whose default export is the plugin. */
  module: string
  options: unknown
  dataDir: string
  /** Where the registry database is. */
  databaseUrl: string
  /** The host's own calls, in both directions. */
  hostPort: MessagePort
  /** The core's calls. */
  corePort: MessagePort
  /** Any message ends the thread at its next turn. */
  endPort: MessagePort
}

/** What a caller needs for a field. `ANY`: nothing that could be known before the field itself has looked. */
export type FieldGrant = Grant | Permission | 'ANY'

/** What a plugin contributes, as its thread tells the main thread once `setup` is through. */
export type Manifest = {
  name: string
  version: string
  title: string
  description: string
  category: 'tool' | 'processor' | 'panel'
  ui: 'app-tab' | 'panel' | 'player-overlay'
  optional: boolean
  worksPerApp: boolean
  /** Whether it has something to do before an app is deleted. */
  beforeAppDeletion: boolean
  /** JSON Schema of its options, as they are written in `plugins.config.ts`. */
  configSchema: Record<string, unknown>
  /** JSON Schema of its options per app, when it has any. */
  appConfigSchema: Record<string, unknown> | undefined
  /** Its types, and `extend type` for what it adds to the core's. Empty when it adds nothing. */
  sdl: string
  /** What a caller needs for a field, by `Type.field`, where it differs from the default. */
  grants: Record<string, FieldGrant>
  routes: readonly { method: string; path: string }[]
  upgrades: readonly string[]
}

export type LogLine = { level: LogLevel; at: Date; message: string; fields: Record<string, unknown> }

/** How a plugin's thread is doing. */
export type Health = {
  /** Mean delay of its event loop since the last question, in milliseconds. */
  eventLoopDelayMs: number
  /** Share of the time since the last question that its event loop was busy, 0 to 1. */
  utilization: number
  /** CPU time it used since it started, in milliseconds. */
  cpuMs: number
  heapUsedBytes: number
  heapLimitBytes: number
  /** Memory outside the heap that it holds, such as buffers. */
  externalBytes: number
}

/** A connection on its way into a plugin's thread. */
export type Connection = {
  kind: 'request' | 'upgrade'
  /** A duplicate of the client's socket. Whoever sets `claimed` closes it. */
  fd: number
  /** One 32-bit cell: 0 on the way, 1 taken by the thread, 2 taken back by the main thread. */
  claimed: SharedArrayBuffer
  /** Request line, headers, and what of the body was read already. */
  head: Uint8Array
  caller: Caller
  remoteAddress: string | undefined
  /** Whether the client came over TLS. */
  secure: boolean
}

/** One GraphQL operation of a plugin, or the part of a caller's operation that it answers. */
export type Operation = {
  /** `Query`, `Mutation`, `Subscription`, or the core type whose added fields are asked for. */
  type: string
  /** The object whose fields are asked for, when `type` is a core type. */
  id?: string
  document: string
  variables: Record<string, unknown>
  caller: Caller
}

export type OperationResult = { data?: Record<string, unknown> | null; errors?: readonly OperationError[] }
export type OperationError = {
  message: string
  path?: readonly (string | number)[]
  /** One of our own errors. */
  coded?: WireError
  /** What the plugin, or graphql itself, says of any other. */
  extensions?: Record<string, unknown>
}

/** What a plugin's thread answers. */
export type ThreadApi = {
  thread: {
    health(): Health
    /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` when it would not run with these options. */
    check(options: unknown): void
    /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` when an app may not set these options. */
    checkApp(config: unknown): void
    /**
     * Closes everything it opened, last opened first.
     * @returns What is open nevertheless, by Node's names for such things, such as `TCPServerWrap` or `Timeout`.
     */
    stop(): Promise<string[]>
    /** Fails as a bug of the plugin would: an error that nobody catches. */
    crash(): void
  }
  graphql: {
    execute(operation: Operation, signal?: AbortSignal): Promise<OperationResult>
    subscribe(operation: Operation, signal?: AbortSignal): Promise<AsyncIterable<OperationResult>>
  }
  http: {
    /** Returns as soon as the connection is the thread's. */
    adopt(connection: Connection): void
  }
  apps: {
    /** @throws {MediaError} when the app must not be deleted. */
    beforeDelete(app: string, deletion: AppDeletion, signal?: AbortSignal): Promise<void>
  }
  tasks: {
    stop(task: number): Promise<void>
    restart(task: number): Promise<void>
  }
}

/** What the main thread answers to a plugin's thread, besides the core. */
export type HostApi = {
  lifecycle: {
    started(manifest: Manifest): void
    /** It can not start. What is not coded is a bug of the plugin. */
    refused(error: { coded: WireError | undefined; message: string; stack: string | undefined }): void
  }
  log: { write(lines: LogLine[]): void }
  events: {
    watch(topic: string, signal?: AbortSignal): AsyncIterable<unknown>
    emit(topic: string, payload: unknown): void
  }
  tasks: {
    /** `task` is the thread's own number for it. */
    open(task: number, parent: number | undefined, options: { type: string; name: string; stop: boolean; restart: boolean }): void
    become(task: number, state: TaskState, error?: string): void
  }
  apps: {
    get(app: string): Promise<PluginInApp>
    /** @param present Whether what every app says now comes first. */
    watch(present: boolean, signal?: AbortSignal): AsyncIterable<PluginInApp>
  }
}

/** What an app says about one plugin; `enabled` is absent where it has not said a word about it. */
export type PluginInApp = { app: string; enabled?: boolean; config: unknown }

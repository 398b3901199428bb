import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { Caller } from '../../core/access/caller.ts'
import type { AppDeletion } from '../../core/app/apps.ts'
import type { Lifetime } from '../../core/kernel/lifetime.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Pipeline, PipelineOptions } from '../../native/pipeline.ts'
import type { CoreApi, CoreTopics } from './core-api.ts'
import type { Remote } from './rpc.ts'

/** Everything a plugin may ask for. */
export interface Host<Config = unknown, AppConfig = unknown> {
  /** Its options, checked. */
  readonly config: Config
  /** Rooms, participants, tracks, transports and the like, on the main thread. Every call may fail with a `MediaError`. */
  readonly core: Remote<CoreApi>
  readonly http: PluginHttp
  readonly pipelines: PluginPipelines
  readonly db: PluginDatabase
  readonly events: PluginEvents
  readonly log: Log
  readonly tasks: PluginTasks
  /** What each app says about this plugin. */
  readonly apps: PluginApps<AppConfig>
  /** Closed, last opened first, when the plugin is stopped. */
  readonly lifetime: Lifetime
  /** Aborts as soon as the plugin is to stop. */
  readonly signal: AbortSignal
}

/** What is known of a request besides itself. */
export type RequestContext = {
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly caller: Caller
  /** The peer's address; behind a trusted proxy the client's. */
  readonly remoteAddress: string | undefined
  readonly url: URL
}

export type RouteHandler = (request: Request, context: RequestContext) => Response | Promise<Response>
export type RawHandler = (req: IncomingMessage, res: ServerResponse, context: RequestContext) => void | Promise<void>
export type UpgradeHandler = (req: IncomingMessage, socket: Socket, head: Buffer, context: RequestContext) => void | Promise<void>

/**
 * HTTP on the server's own port. Connections are handed to this thread whole, so their bytes pass no other.
 * Paths are as in `/whip/:app/:room` and `/files/*`. All are registered during `setup`. A connection serves one request.
 */
export interface PluginHttp {
  /** Bodies stream in both directions, no faster than they are read. A `MediaError` that is thrown becomes its HTTP status. */
  route(method: string, path: string, handler: RouteHandler): void
  /** With Node's own request and response: for what never ends, such as MJPEG to many viewers. */
  raw(method: string, path: string, handler: RawHandler): void
  /** For WebSockets and the like. The handler owns the socket. */
  upgrade(path: string, handler: UpgradeHandler): void
}

/** GStreamer pipelines, each in a process of its own, which ends with the plugin. */
export interface PluginPipelines {
  /**
   * @param options.task Where its end is told by whoever starts it; absent: it is a task of its own under the plugin.
   * @throws {MediaError} `PIPELINE_FAILED` with GStreamer's own words as `reason`.
   */
  start(options: Omit<PipelineOptions, 'log' | 'signal'> & { signal?: AbortSignal; task?: PluginTask }): Promise<Pipeline>
}

export interface PluginDatabase {
  /**
   * Opens the registry database for the plugin's own tables, after bringing them up to date.
   * @param options.migrationsFolder An absolute path or file URL of drizzle-kit's output.
   * @param options.app Opens the database of this app instead. It is closed with the app.
   * @throws {MediaError} `APP_NOT_FOUND`
   */
  open<Tables extends Record<string, unknown> = Record<string, never>>(options?: {
    tables?: Tables
    migrationsFolder?: string | URL
    app?: string
  }): Promise<LibSQLDatabase<Tables>>
}

export interface PluginEvents {
  /** Hears a topic until the answered function is called. A handler that falls far behind misses the oldest. */
  on<Topic extends keyof CoreTopics>(topic: Topic, handler: (payload: CoreTopics[Topic]) => void | Promise<void>): () => void
  /** Hears what another plugin tells. */
  on(topic: `${string}:${string}`, handler: (payload: unknown) => void | Promise<void>): () => void
  /**
   * Tells everybody who watches the topic, which is named `plugin:event`. Every plugin may tell `callbacks:event` with
   * `{ app, event, data }`: the app's webhook is then told the event, of `data.room` if there is one.
   */
  emit(topic: `${string}:${string}`, payload: unknown): void
}

export type PluginTaskOptions = {
  type: string
  name: string
  /** The task that it runs below; absent: the plugin itself. */
  parent?: PluginTask
  stop?: () => Promise<void>
  restart?: () => Promise<void>
}

/** Something of the plugin that runs for long, in the server's supervision tree. */
export interface PluginTask {
  running(): void
  restarting(cause?: unknown): void
  stopping(): void
  failed(cause: unknown): void
  /** It leaves the tree. */
  stopped(cause?: unknown): void
}

export interface PluginTasks {
  open(options: PluginTaskOptions): PluginTask
}

export interface PluginApps<AppConfig> {
  /** Whether the app has the plugin enabled, and the options it sets. */
  get(app: string): Promise<{ enabled: boolean; config: AppConfig }>
  /** Hears what every app says now, then every change, until the answered function is called. New apps are heard of, too. */
  follow(handler: (app: string, settings: { enabled: boolean; config: AppConfig }) => void | Promise<void>): () => void
  /** Hears every change until the answered function is called. */
  onChange(handler: (app: string, settings: { enabled: boolean; config: AppConfig }) => void | Promise<void>): () => void
  /**
   * Does this before an app is deleted, while everything of it is still there; to be said during `setup`. The deletion waits for it for
   * 90 seconds at most. A `MediaError` that is thrown refuses the deletion, and is what its caller is answered; nothing else keeps the app.
   */
  beforeDelete(handler: (app: string, deletion: AppDeletion) => void | Promise<void>): void
}

import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { GraphQLSchema } from 'graphql'
import type { Caller, Grant } from '../core/access/caller.ts'
import { isSameSecret } from '../core/access/passwords.ts'
import { requireGrant } from '../core/access/require.ts'
import { type Core, type CoreOptions, startCore } from '../core/core.ts'
import { Lifetime } from '../core/kernel/lifetime.ts'
import { registryUrl } from '../core/store/database.ts'
import { mediasoupWorkerBin } from '../native/binaries.ts'
import type { Context } from '../schema/context.ts'
import { idOfCoreObject, loadCoreObject } from '../schema/core-objects.ts'
import { tellManaged } from '../schema/managed.ts'
import { coreSchema } from '../schema/schema.ts'
import { idTarget, locate, placeOf } from '../schema/targets.ts'
import { AppPlugins } from './app-plugins.ts'
import { Callbacks } from './callbacks/callbacks.ts'
import { tellForPlugins, tellPluginWorkers } from './callbacks/plugin-events.ts'
import type { Config } from './config/env.ts'
import { loginSettings } from './config/login-settings.ts'
import { isLoopbackOnly, requireSafeExposure } from './config/safety.ts'
import type { Secret } from './config/secret.ts'
import { logEvents } from './event-log.ts'
import { applyGoLiveRecords } from './golive-records.ts'
import { Gpu } from './gpu.ts'
import { letPluginsDrop } from './host/app-deletion.ts'
import { CorePort } from './host/core-port.ts'
import { PluginHandoff } from './host/handoff.ts'
import { PluginBus } from './host/plugin-bus.ts'
import { PluginHost } from './host/plugin-host.ts'
import type { PluginEntry } from './host/plugins-config.ts'
import { bearerOf } from './http/caller.ts'
import { serveGraphql } from './http/graphql.ts'
import { GraphqlEngine } from './http/graphql-engine.ts'
import { GraphqlWebSockets } from './http/graphql-ws.ts'
import { serveHealth } from './http/health.ts'
import { serveMeetings } from './http/meet.ts'
import { servePages } from './http/pages.ts'
import { HttpServer } from './http/server.ts'
import { KnownManifests } from './known-manifests.ts'
import type { ServerLog } from './log.ts'
import { LogArchive } from './log-archive.ts'
import { graphqlMetrics, httpMetrics } from './metrics/edge-metrics.ts'
import { Metrics, serveMetrics } from './metrics/metrics.ts'
import { Plugins } from './plugins.ts'
import { serveAdapters } from './rest/adapters.ts'
import { cors } from './rest/golive/cors.ts'
import { Credentials } from './rest/golive/credentials.ts'
import { toName as goLiveName } from './rest/golive/translate.ts'
import { Operations } from './rest/operations.ts'
import { servePagesData } from './rest/pages/live.ts'
import { ServerFacts } from './server-facts.ts'
import { ServerStatsReader } from './server-stats.ts'
import { ServerSettings, webSocketUrlOf } from './settings.ts'
import { VERSION } from './version.ts'

const PAGES = fileURLToPath(new URL('./pages', import.meta.url))

export type RuntimeOptions = {
  config: Config
  plugins: readonly PluginEntry[]
  log: ServerLog
}

/** A running server. */
export type Runtime = AsyncDisposable & {
  readonly core: Core
  readonly plugins: Plugins
  readonly host: PluginHost
  readonly schema: () => GraphQLSchema
  readonly port: number
  /** The secret of the first token, when this start generated it. */
  readonly newToken: string | undefined
  /** Accepts nothing more, tells clients, then closes plugins, rooms, workers and the store. */
  close(): Promise<void>
}

/** Starts everything: store, media workers, plugins, sockets. Closing goes back the same way. */
export async function startRuntime({ config, plugins: entries, log: serverLog }: RuntimeOptions): Promise<Runtime> {
  const { log } = serverLog
  const lifetime = new Lifetime(log)
  try {
    const loopbackOnly = isLoopbackOnly(config)
    // Beyond this machine everybody needs a credential; --insecure is the operator's word that it does not matter.
    const anonymousGrants: readonly Grant[] = loopbackOnly || config.insecure ? ['PUBLISH', 'PLAY'] : []

    const iceServers = config.iceServers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username !== undefined && { username }),
      ...(credential && { credential: credential.reveal() }),
    }))

    const publicWsUrl = webSocketUrlOf(config)
    // Loaded only then: whoever wants no traces pays nothing for them.
    const telemetry = config.traces && (await (await import('./telemetry/telemetry.ts')).Telemetry.start(config.traces, log, lifetime))
    const core = await startCore(
      {
        dataDir: config.dataDir,
        ...(config.databaseUrl && { databaseUrl: config.databaseUrl.reveal() }),
        workers: config.workers,
        workerBin: mediasoupWorkerBin(),
        rtcPort: config.rtcPort,
        announcedAddresses: config.announcedIps,
        anonymousGrants,
        iceServers,
        viewerLimit: config.maxViewersPerRoom,
        logins: loginSettings(config),
        privateAddresses: config.privateAddresses,
        appEnvironment: new Map([...config.appSecrets].map(([name, secret]) => [name, secret.reveal()])),
        ...liveKitKey(config),
        cluster: {
          ...(config.streamHub.clusterToken && { token: config.streamHub.clusterToken.reveal() }),
          ...(config.streamHub.redisUrl && { redisUrl: config.streamHub.redisUrl.reveal() }),
          ...(publicWsUrl !== undefined && { publicWsUrl }),
          url: config.publicUrl ?? `http://${config.host}:${config.port}`,
        },
        log,
      },
      lifetime,
    )
    await applyGoLiveRecords(core.apps, config.goLive.records)
    const { level, retentionDays } = config.logArchive
    const logs = LogArchive.start({ ...core, server: serverLog, level, retentionDays }, core.written)
    telemetry?.follow(core, lifetime)
    requireSafeExposure(config, core.tokens.anyValid)
    const newToken = await firstToken(core, config)

    const appPlugins = await AppPlugins.load(core)
    const bus = new PluginBus(core.events)
    const host = new PluginHost({
      log,
      tasks: core.tasks,
      bus,
      apps: appPlugins,
      openCore: (plugin) => new CorePort(core, iceServers, log, { plugin, isUsedBy: (app) => plugins.uses(app, plugin) }),
      dataDir: config.dataDir,
      databaseUrl: config.databaseUrl?.reveal() ?? registryUrl(config.dataDir),
      coreSchema,
      link: {
        callerOf: (context) => (context as Context).caller,
        managed: (context, action, args) => tellManaged(context as Context, action, args),
        idOf: idOfCoreObject,
        placeOf: (named) => placeOf(core, named),
        placeOfId: (id, context) => locate(idTarget, { id }, context as Context, undefined),
        loadCoreObject: (type, id, context) => loadCoreObject(type, id, context as Context),
      },
    })
    const known = await KnownManifests.load(core.store, log)
    lifetime.add('what plugins contribute', () => known.written())
    lifetime.add('plugins', () => host.stop())
    logEvents(core, host, log)
    core.apps.beforeDelete((app, deletion) => letPluginsDrop(host, app, deletion))
    const callbacks = Callbacks.start({ core, log })
    core.written.add('callbacks', () => callbacks.close())
    tellForPlugins(bus, { apps: core.apps, log, lifetime: core.written, tell: callbacks.tell })
    tellPluginWorkers(host, appPlugins, { apps: core.apps, log, lifetime: core.written, tell: callbacks.tell })
    const handoff = new PluginHandoff(host, log)
    lifetime.add('handed over connections', () => handoff.close())
    const plugins = new Plugins({ host, store: core.store, inApps: appPlugins, apps: core.apps, known })

    const server = new ServerFacts(serverLog)
    const goLiveCredentials = new Credentials(config.goLive)
    let listeningOn = config.port
    const stats = new ServerStatsReader({ core, server, logs, dataDir: config.dataDir })
    const settings = new ServerSettings({ config, core, server, port: () => listeningOn })
    const gpu = new Gpu()
    const context = (caller: Caller): Context => ({ caller, core, plugins, callbacks, server, logs, stats, gpu, settings })
    const mayReadMetrics = ({ headers }: IncomingMessage) => presents(bearerOf(headers.authorization), config.streamHub.metricsToken)
    const isNode = ({ headers }: IncomingMessage) => presents(headers['x-cluster-token'], config.streamHub.clusterToken)
    const schema = () => host.schema
    const http = new HttpServer({
      host: config.host,
      port: config.port,
      ...(config.tls && { tls: { cert: await readFile(config.tls.certFile), key: await readFile(config.tls.keyFile) } }),
      log,
      tokens: core.access,
      loopbackOnly,
      allowedOrigins: config.allowedOrigins,
      anonymousGrants,
      trustedProxies: config.trustedProxies,
      handoff,
      tracing: telemetry?.http,
      isCredentialed: (request) => goLiveCredentials.isToken(request) || mayReadMetrics(request) || isNode(request),
    })
    const metrics = new Metrics({ core, plugins, roomLabel: ({ app, name }) => goLiveName({ app: app.name, room: name }) })
    httpMetrics(metrics.registry, http.app)
    telemetry?.nameRoutes(http.app)
    const countOperation = graphqlMetrics(metrics.registry, {
      connections: () => sockets.connections,
      subscriptions: () => sockets.operations,
      executions: () => engine.shared.size,
    })
    const engine = new GraphqlEngine({
      schema,
      context,
      log,
      introspection: config.introspection,
      observe: countOperation,
      plugins: telemetry ? [telemetry.operations] : [],
    })
    const streams = serveGraphql(http, engine, cors(config.allowedOrigins))
    const sockets = new GraphqlWebSockets(http, engine, { tokens: core.access, log })
    const closeWhere = (matches: (caller: Caller) => boolean) => {
      sockets.closeWhere(matches)
      streams.endWhere(matches)
    }
    const closeTheirs = ({ id }: { readonly id: string }) => closeWhere((caller) => caller.id === id)
    core.tokens.onRevoked(closeTheirs)
    core.logins.sessions.onEnded(closeTheirs)
    core.events.on('app.changed', (app, change) => {
      if (change === 'DELETED') closeWhere((caller) => caller.app === app.name)
    })
    serveHealth(http.app, () => ({
      mediaWorkers: core.workers.alive.length > 0,
      plugins: plugins.list().every(({ state }) => state === 'RUNNING' || state === 'DISABLED'),
    }))
    servePages(http.app, PAGES)
    serveMeetings(http.app, core, (request) => http.callerOf(request.raw))
    const operations = new Operations(schema, context)
    serveAdapters(http, {
      config,
      goLiveCredentials,
      tokens: core.access,
      operations,
      anonymousGrants,
      placeOf: (app) => (core.apps.find(app) ? placeOf(core, { app }) : undefined),
      attempts: core.logins.attempts,
      requireClusterToken: (presented) => core.nodes.requireToken(presented),
      log,
    })
    serveMetrics(http.app, metrics, async ({ raw }) => {
      const open = anonymousGrants.length > 0 || (await goLiveCredentials.admitsEverywhere(raw))
      if (!open && !mayReadMetrics(raw)) requireGrant(http.callerOf(raw), 'OBSERVE')
    })
    servePagesData(http.app, operations, (request) => http.callerOf(request.raw), { version: VERSION, rtmpPort: config.rtmpPort })

    // Plugins come up while the port opens; until then their parts of the API answer PLUGIN_UNAVAILABLE.
    const [port] = await Promise.all([http.listen(), plugins.start(entries)])
    listeningOn = port
    lifetime.add('http', () => http.close())
    core.tasks.root.running()
    const close = () => {
      core.tasks.root.stopping()
      return lifetime.close()
    }
    return { core, plugins, host, schema, port, newToken, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await lifetime.close()
    throw error
  }
}

function liveKitKey({ liveKit: { apiKey, apiSecret } }: Config): Partial<Pick<CoreOptions, 'liveKit'>> {
  return apiKey === undefined || apiSecret === undefined ? {} : { liveKit: { apiKey, apiSecret: apiSecret.reveal() } }
}

/** Whether this is what the operator configured. */
function presents(given: string | string[] | undefined, configured: Secret | undefined): boolean {
  return typeof given === 'string' && configured !== undefined && isSameSecret(given, configured.reveal())
}

/** The configured token is kept; without one, and without any from an earlier start, one is made. */
async function firstToken({ tokens }: Core, { apiToken }: Config): Promise<string | undefined> {
  if (apiToken) await tokens.keep(apiToken.reveal(), { name: 'PATCHBAY_API_TOKEN', grants: ['MANAGE'] })
  if (tokens.anyValid) return undefined
  const { secret } = await tokens.create({ name: 'first token', grants: ['MANAGE'] })
  return secret
}

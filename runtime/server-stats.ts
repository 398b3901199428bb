import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { App } from '../core/app/app.ts'
import { appSizes } from '../core/app/app-sizes.ts'
import type { Core } from '../core/core.ts'
import type { LogsService, ServerService, StatsService } from '../schema/context.ts'
import type { AppStats, ServerStats } from '../schema/stats.ts'
import { databaseSize } from './database-size.ts'

/** How long what took a look at the disk is told again, in milliseconds. */
const FRESH_MS = 5_000
const DAY_MS = 86_400_000
/** Tasks that send something out of the server. */
const EGRESS = new Set(['RECORDING', 'RESTREAM', 'EGRESS', 'HLS'])

type ServerStatsDependencies = { core: Core; server: ServerService; logs: LogsService; dataDir: string }

/** Takes the figures that tell how the server and its apps are doing. Whoever asks for the same at once shares one reading. */
export class ServerStatsReader implements StatsService {
  readonly #of: ServerStatsDependencies
  readonly #fresh = new WeakMap<object, { stats: Promise<unknown>; until: number }>()

  constructor(dependencies: ServerStatsDependencies) {
    this.#of = dependencies
  }

  async server(): Promise<ServerStats> {
    const { core, server, dataDir } = this.#of
    const [disk, storage] = await Promise.all([diskOf(dataDir), this.#shared(this, () => this.#readStorage())])
    const total = totalmem()
    const free = freemem()
    const at = new Date()
    return {
      at,
      uptimeSeconds: Math.floor((at.getTime() - server.startedAt.getTime()) / 1_000),
      version: server.version,
      cpu: { loadAvg: loadavg(), cores: availableParallelism() },
      memory: { totalBytes: total, freeBytes: free, usedBytes: total - free },
      disk,
      storage,
      mediaAlive: core.workers.alive.length > 0,
      counts: {
        apps: core.apps.list().length,
        rooms: core.rooms.list().length,
        activeStreams: sum(core.rooms.list().map(({ publishers }) => publishers.length)),
      },
      ingress: this.#ingresses(),
      egress: this.#egress(),
    }
  }

  ofApp(app: App): Promise<AppStats> {
    return this.#shared(app, () => this.#readApp(app))
  }

  async #shared<T>(key: object, read: () => Promise<T>): Promise<T> {
    const kept = this.#fresh.get(key)
    if (kept && performance.now() < kept.until) return kept.stats as Promise<T>
    const stats = read()
    this.#fresh.set(key, { stats, until: performance.now() + FRESH_MS })
    stats.catch(() => this.#fresh.delete(key))
    return stats
  }

  async #readStorage(): Promise<ServerStats['storage']> {
    const { core, dataDir } = this.#of
    const [registryBytes, apps] = await Promise.all([
      databaseSize(join(dataDir, 'patchbay.db')),
      Promise.all(core.apps.list().map((app) => appSizes(app))),
    ])
    return {
      registryBytes,
      appDatabasesBytes: sum(apps.map(({ databaseBytes }) => databaseBytes)),
      recordingsBytes: sum(apps.map(({ recordingsBytes }) => recordingsBytes)),
      recordings: sum(apps.map(({ recordings }) => recordings)),
    }
  }

  async #readApp(app: App): Promise<AppStats> {
    const { core, logs } = this.#of
    const [sizes, logLines] = await Promise.all([appSizes(app), logs.countByLevel({ app: app.name, since: new Date(Date.now() - DAY_MS) })])
    const counted = app.config.features.viewerCounter
    const rooms = core.rooms
      .list()
      .filter((room) => room.app === app)
      .map((room) => ({ room, viewers: counted ? room.viewers.size : undefined, publishers: room.publishers.length }))
    return {
      at: new Date(),
      activeStreams: sum(rooms.map(({ publishers }) => publishers)),
      viewers: counted ? sum(rooms.map(({ viewers = 0 }) => viewers)) : undefined,
      rooms,
      sizes,
      ingress: this.#ingresses(app),
      logLines,
    }
  }

  #ingresses(app?: App) {
    const ingresses = this.#of.core.ingresses.list().filter((ingress) => app === undefined || ingress.app === app.name)
    return { active: ingresses.filter(({ state }) => state === 'LIVE').length, total: ingresses.length }
  }

  #egress() {
    const tasks = [...this.#of.core.tasks].filter(({ type }) => EGRESS.has(type))
    return { active: tasks.filter(({ state }) => state === 'RUNNING').length, total: tasks.length }
  }
}

/** The disk that a folder is on; undefined when it can't be asked. */
async function diskOf(folder: string): Promise<ServerStats['disk']> {
  const space = await statfs(folder).catch(() => undefined)
  if (!space) return undefined
  const totalBytes = space.blocks * space.bsize
  const freeBytes = space.bavail * space.bsize
  return { totalBytes, freeBytes, usedBytes: totalBytes - freeBytes }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

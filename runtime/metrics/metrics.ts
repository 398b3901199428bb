import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Core } from '../../core/core.ts'
import type { Room } from '../../core/room/room.ts'
import type { PluginsService } from '../../schema/context.ts'
import { VERSION } from '../version.ts'
import { coreMetrics } from './core-metrics.ts'
import { gauge } from './instruments.ts'
import { liveMetrics } from './live-metrics.ts'
import { pluginMetrics } from './plugin-metrics.ts'
import { Tally } from './tally.ts'

let processRegistry: Registry | undefined

/** Of the process and not of a server in it, hence made once. */
function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
  }
  return processRegistry
}

/** What Prometheus may read. Values are looked up when it does; in between only events are counted. */
export class Metrics {
  readonly registry = new Registry()
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #process = processMetrics()
  readonly #tally: Tally

  /** @param options `roomLabel`: the name of a room in the metrics of the `live` family. */
  constructor(options: { core: Core; plugins: Pick<PluginsService, 'list'>; roomLabel: (room: Room) => string }) {
    const { core, plugins, roomLabel } = options
    this.#tally = new Tally(core, { labelOf: roomLabel })
    gauge(this.registry, {
      name: 'patchbay_build_info',
      help: 'The version that runs.',
      labels: ['version'],
      read: () => [{ labels: { version: VERSION }, value: 1 }],
    })
    coreMetrics(this.registry, core, this.#tally)
    pluginMetrics(this.registry, plugins)
    liveMetrics(this.registry, core, this.#tally)
  }

  /** In Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    await this.#tally.read()
    return (await Promise.all([this.registry.metrics(), this.#process.metrics()])).join('\n')
  }
}

/** Serves `/metrics`. @param authorize Throws for whoever may not read it. */
export function serveMetrics(app: FastifyInstance, metrics: Metrics, authorize: (request: FastifyRequest) => Promise<void>): void {
  app.get('/metrics', async (request, reply) => {
    await authorize(request)
    return reply
      .header('content-type', metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text())
  })
}

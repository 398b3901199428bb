import type { Tracer } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { FastifyInstance } from 'fastify'
import type { Core } from '../../core/core.ts'
import type { Lifetime } from '../../core/kernel/lifetime.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { TracesConfig } from '../config/env.ts'
import { VERSION } from '../version.ts'
import { ConnectSpans } from './connect-spans.ts'
import { openExporter } from './exporter.ts'
import { HttpSpans } from './http-spans.ts'
import { MediaSpans } from './media-spans.ts'
import { operationSpans } from './operation-spans.ts'

/** Milliseconds that what is left gets on its way in when the server stops. */
const FLUSH_MS = 2_000
/** Spans that wait for the next batch; those that come when there are more are lost. */
const WAITING_SPANS = 4_096
const BATCH_EVERY_MS = 2_000

/**
 * Traces, from publish to viewer. Nothing here is loaded, and no SDK, unless the operator asks for traces.
 *
 * Core knows nothing of it: spans are made of core's events, and of what the HTTP server and GraphQL tell of their work.
 */
export class Telemetry {
  readonly http: HttpSpans
  readonly operations: ReturnType<typeof operationSpans>
  readonly #tracer: Tracer

  /** @param lifetime To be closed after what is traced: the last spans end when rooms do. */
  static async start(config: TracesConfig, log: Log, lifetime: Lifetime): Promise<Telemetry> {
    const exporter = await openExporter(config, log)
    const processor = new BatchSpanProcessor({ exporter, maxQueueSize: WAITING_SPANS, scheduledDelayMillis: BATCH_EVERY_MS })
    const named = resourceFromAttributes({ 'service.name': config.serviceName, 'service.version': VERSION })
    const provider = new TracerProvider({ resource: defaultResource().merge(named), spanProcessors: [processor] })
    lifetime.add('traces', () => withinMs(FLUSH_MS, provider.shutdown()))
    return new Telemetry(provider.getTracer('patchbay', VERSION))
  }

  private constructor(tracer: Tracer) {
    this.#tracer = tracer
    this.http = new HttpSpans(tracer)
    this.operations = operationSpans(tracer)
  }

  /** @param lifetime To be closed before core is, while the last readings can be taken. */
  follow(core: Core, lifetime: Lifetime): void {
    const media = new MediaSpans(this.#tracer, core)
    new ConnectSpans(this.#tracer, core.events, (id) => media.spanOf(id))
    lifetime.add('last readings for traces', () => withinMs(FLUSH_MS, media.readLast()))
  }

  nameRoutes(app: FastifyInstance): void {
    this.http.nameRoutes(app)
  }
}

async function withinMs(limitMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, limitMs)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}

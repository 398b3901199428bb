import { ConsoleSpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../../core/kernel/log.ts'
import type { TracesConfig } from '../config/env.ts'

/** How long a batch is tried for, in milliseconds; then its spans are lost. */
const EXPORT_TIMEOUT_MS = 3_000

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

/** Where spans go. Failures are told once, and once more when it works again. */
export async function openExporter({ exporter }: TracesConfig, log: Log): Promise<SpanExporter> {
  if (exporter.to === 'console') return new ConsoleSpanExporter()
  const { url, format } = exporter
  const { OTLPTraceExporter } =
    format === 'json' ? await import('@opentelemetry/exporter-trace-otlp-http') : await import('@opentelemetry/exporter-trace-otlp-proto')
  const headers = Object.fromEntries([...exporter.headers].map(([name, value]) => [name, value.reveal()]))
  return new QuietExporter(new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_TIMEOUT_MS }), url, log)
}

class QuietExporter implements SpanExporter {
  readonly #inner: SpanExporter
  readonly #url: string
  readonly #log: Log
  #lost = 0

  constructor(inner: SpanExporter, url: string, log: Log) {
    this.#inner = inner
    this.#url = url
    this.#log = log
  }

  export(spans: Parameters<SpanExporter['export']>[0], done: (result: Result) => void): void {
    this.#inner.export(spans, (result) => {
      this.#tell(result, spans.length)
      // The processor would print the failure again, each time.
      done({ code: 0 })
    })
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.()
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }

  #tell({ code, error }: Result, spans: number): void {
    const url = this.#url
    if (code === 0) {
      if (this.#lost > 0) this.#log.info({ url, lostSpans: this.#lost }, 'traces are taken again')
      this.#lost = 0
      return
    }
    if (this.#lost === 0) this.#log.warn({ err: error, url }, 'traces are not taken; spans are lost until they are')
    this.#lost += spans
  }
}

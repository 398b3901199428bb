import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

type Value = { stringValue?: string; intValue?: number | string; boolValue?: boolean }
type Attribute = { key: string; value: Value }
type Wire = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: Attribute[]
  links?: { traceId: string; spanId: string }[]
  events?: { name: string }[]
  status?: { code?: number }
}
type Body = { resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Wire[] }[] }[] }

export type CollectedSpan = Omit<Wire, 'attributes'> & {
  attributes: Record<string, string | number | boolean | undefined>
  service: unknown
}

/** A collector of OTLP over HTTP with JSON, as tests need one. */
export class Collector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = []
  readonly headers: NodeJS.Dict<string | string[]>[] = []
  readonly #server: Server
  readonly #waiting = new Set<() => void>()

  static async open(port = 0): Promise<Collector> {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new Collector(server)
  }

  private constructor(server: Server) {
    this.#server = server
    server.on('request', async (request, response) => {
      this.headers.push(request.headers)
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      this.#take(JSON.parse(Buffer.concat(chunks).toString()) as Body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      for (const look of this.#waiting) look()
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name)
  }

  /** The first span like this, as soon as it has come. */
  until(isWanted: (span: CollectedSpan) => boolean): Promise<CollectedSpan> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.spans.find(isWanted)
        if (!found) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #take({ resourceSpans }: Body): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = record(resource.attributes)['service.name']
      for (const { spans } of scopeSpans)
        for (const span of spans) this.spans.push({ ...span, attributes: record(span.attributes), service })
    }
  }
}

function record(attributes: readonly Attribute[]): Record<string, string | number | boolean | undefined> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? (value.intValue === undefined ? undefined : Number(value.intValue)),
    ]),
  )
}

/** What a route answers where a plain value would not say it all: another status, headers, or a body that is no JSON. */
export class Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  /** A string is sent as it is, under its own `content-type`; anything else as JSON; undefined is no body. */
  readonly body: unknown

  constructor(status: number, options: { headers?: Record<string, string | string[]>; body?: unknown } = {}) {
    this.status = status
    this.headers = options.headers ?? {}
    this.body = options.body
  }

  with(headers: Readonly<Record<string, string | string[]>>): Answer {
    return new Answer(this.status, { headers: { ...headers, ...this.headers }, body: this.body })
  }
}

/** The connection goes to a plugin, which answers the same request at another address of this server. */
export class HandOver {
  /** Path and query. */
  readonly url: string

  constructor(url: string) {
    this.url = url
  }
}

/** What HTTP itself refuses, before any operation is run. The adapter says it in its system's words. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, headers: Record<string, string> = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.headers = headers
  }
}

import { TEST_TOKEN, TestRuntime, type TestRuntimeOptions } from './harness.ts'

export type HubAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

type Call = { readonly token?: string | null; readonly body?: unknown; readonly headers?: Record<string, string> }

/** A server as a client of StreamHub's API sees it. */
export class Hub implements AsyncDisposable {
  readonly server: TestRuntime

  static async start(options: TestRuntimeOptions = {}): Promise<Hub> {
    return new Hub(await TestRuntime.start(options))
  }

  private constructor(server: TestRuntime) {
    this.server = server
  }

  /**
   * Makes one request to a path below `/api/v1`: `hub.call('POST /apps', { body: { name: 'acme' } })`.
   *
   * @param call.token Absent: the global token; null: none at all.
   * @param call.body A string is sent as it is, anything else as JSON.
   */
  async call(request: `${string} /${string}`, { token = TEST_TOKEN, body, headers = {} }: Call = {}): Promise<HubAnswer> {
    const [method = 'GET', path = '/'] = request.split(' ')
    const response = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

  /** The token of an app that may do everything there and nothing elsewhere. */
  async appToken(app: string): Promise<string> {
    const { createToken } = await this.server.graphql<{ createToken: { secret: string } }>(
      'mutation ($app: String!) { createToken(name: "app", grants: [MANAGE], app: $app) { secret } }',
      { app },
    )
    return createToken.secret
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

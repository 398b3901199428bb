import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent, get, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AddressSet } from '../core/kernel/addresses.ts'
import { ERRORS, type ErrorCode, MediaError } from '../core/kernel/errors.ts'
import { errorAnswer } from '../runtime/http/errors.ts'
import { servePages } from '../runtime/http/pages.ts'
import type { HttpServer } from '../runtime/http/server.ts'
import { startServer } from './http-support.ts'

const whoami = (http: HttpServer) => http.app.get('/whoami', (incoming) => http.callerOf(incoming.raw))

type Answer = { status: number; body: string; headers: Record<string, string | string[] | undefined> }

/** A request that, unlike fetch, may carry any Host header. */
function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode ?? 0, body, headers: response.headers })
    }).on('error', reject)
  })
}

test('a token comes as a bearer, in X-Auth-Token or in the query', async () => {
  await using server = await startServer({ prepare: whoami })
  for (const [path, headers] of [
    ['/whoami', { authorization: 'bearer sk_admin' }],
    ['/whoami', { 'x-auth-token': 'sk_admin' }],
    ['/whoami?x=1&token=sk_admin', {}],
  ] as const) {
    assert.equal(JSON.parse((await ask(server.url + path, headers)).body).id, 'TO_admin')
  }
})

test('on a loopback server nobody in particular may play and publish; with an unknown token nothing', async () => {
  await using server = await startServer({ prepare: whoami })
  assert.deepEqual(JSON.parse((await ask(`${server.url}/whoami`)).body).grants, ['PLAY', 'PUBLISH'])
  assert.deepEqual(JSON.parse((await ask(`${server.url}/whoami?token=sk_typo`)).body).grants, [])
})

test('a loopback server refuses what pages of other sites ask without a credential', async () => {
  await using server = await startServer({ prepare: whoami, allowedOrigins: ['*', 'https://studio.example'] })
  const from = (origin: string, mode = 'cors') => ({ origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode })
  const statusOf = async (headers: Record<string, string>) => (await ask(`${server.url}/whoami`, headers)).status

  for (const origin of ['https://attacker.example', 'null']) {
    const refused = await ask(`${server.url}/whoami`, from(origin))
    assert.deepEqual([refused.status, JSON.parse(refused.body).code], [403, 'FORBIDDEN'], origin)
    assert.equal(await statusOf(from(origin, 'websocket')), 403)
    assert.equal(await statusOf({ ...from(origin), authorization: 'Bearer sk_admin' }), 200)
  }
  assert.equal(await statusOf(from('https://studio.example')), 200, 'a site that was named')
  assert.equal(await statusOf(from('http://127.0.0.1:5173')), 200, 'a page of this machine')
  assert.equal(await statusOf({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), 200, 'a link or a frame')
})

test('a loopback server refuses proxied and rebound requests without a credential', async () => {
  await using server = await startServer({ prepare: whoami })
  const { port } = new URL(server.url)
  for (const headers of [
    { forwarded: 'for=192.0.2.1' },
    { 'x-forwarded-for': '192.0.2.1' },
    { 'x-forwarded-proto': 'https' },
    { via: '1.1 tunnel' },
    { host: 'attacker.example' },
    { host: `attacker.example:${port}` },
    { host: '192.0.2.7' },
  ] as Record<string, string>[]) {
    const refused = await ask(`${server.url}/whoami`, headers)
    assert.equal(refused.status, 403, JSON.stringify(headers))
    assert.equal(JSON.parse(refused.body).code, 'FORBIDDEN')
    assert.equal((await ask(`${server.url}/whoami`, { ...headers, 'x-auth-token': 'sk_typo' })).status, 403)
    assert.equal((await ask(`${server.url}/whoami`, { ...headers, 'x-auth-token': 'sk_admin' })).status, 200)
  }
  assert.equal((await ask(`${server.url}/whoami`, { host: `localhost:${port}` })).status, 200)
  assert.equal((await ask(`${server.url}/whoami`, { host: '[::1]:9' })).status, 200)
})

test('a credential of another kind passes the guard as well', async () => {
  await using server = await startServer({ prepare: whoami, isCredentialed: ({ headers }) => headers['x-api-key'] === 'right' })
  const proxied = { 'x-forwarded-for': '192.0.2.1' }
  assert.equal((await ask(`${server.url}/whoami`, { ...proxied, 'x-api-key': 'wrong' })).status, 403)
  assert.equal((await ask(`${server.url}/whoami`, { ...proxied, 'x-api-key': 'right' })).status, 200)
})

test('the remote address is believed from trusted proxies only', async () => {
  const address = async (url: string, headers: Record<string, string>) =>
    JSON.parse((await ask(`${url}/whoami`, headers)).body).remoteAddress
  await using open = await startServer({ prepare: whoami, loopbackOnly: false })
  assert.equal(await address(open.url, { 'x-forwarded-for': '192.0.2.1' }), '127.0.0.1')

  await using behind = await startServer({
    prepare: whoami,
    loopbackOnly: false,
    trustedProxies: new AddressSet(['127.0.0.1', '10.0.0.0/8']),
  })
  assert.equal(await address(behind.url, { 'x-forwarded-for': '6.6.6.6, 192.0.2.1, 10.0.0.5' }), '192.0.2.1')
  assert.equal(await address(behind.url, { forwarded: 'for="[2001:db8::7]:4711";proto=https, for=10.0.0.5' }), '2001:db8::7')
  assert.equal(await address(behind.url, { 'x-forwarded-for': 'nonsense' }), '127.0.0.1')
})

test('plugins are offered every request and upgrade first', async () => {
  await using server = await startServer({
    handoff: {
      request: ({ url }, response, caller) => {
        if (url !== '/theirs') return false
        response.end(caller.id)
        return true
      },
      upgrade: ({ url }, socket) => {
        if (url !== '/theirs') return false
        socket.end('HTTP/1.1 101 Theirs\r\n\r\n')
        return true
      },
    },
  })
  assert.equal((await ask(`${server.url}/theirs`)).body, 'anonymous')
  assert.equal((await ask(`${server.url}/healthz`)).body, 'ok')
  assert.match(await upgrade(server.url, '/theirs'), /^HTTP\/1.1 101 Theirs/)
  assert.match(await upgrade(server.url, '/nobodys'), /^HTTP\/1.1 404 /)
  assert.match(await upgrade(server.url, '/theirs', 'Via: 1.1 tunnel\r\n'), /^HTTP\/1.1 403 /)
})

test('health, readiness and unknown addresses are answered plainly', async () => {
  await using server = await startServer({ loopbackOnly: true })
  const health = await ask(`${server.url}/healthz`, { host: 'probe.example', 'x-forwarded-for': '192.0.2.1' })
  assert.deepEqual([health.status, health.body, health.headers['content-type']], [200, 'ok', 'text/plain; charset=utf-8'])
  assert.deepEqual(JSON.parse((await ask(`${server.url}/readyz`)).body), { ready: true, checks: { store: true } })
  const missing = await ask(`${server.url}/nowhere`)
  assert.deepEqual([missing.status, JSON.parse(missing.body).code], [404, 'NOT_FOUND'])
  assert.equal(missing.headers['x-content-type-options'], 'nosniff')
  assert.match((await ask(`${server.url}/robots.txt`)).body, /Disallow: \//)
})

test('what can not be read is refused in the same shape as everything else', async () => {
  await using server = await startServer()
  const address = await ask(`${server.url}/%`)
  assert.deepEqual(
    [address.status, JSON.parse(address.body).code, address.headers['x-content-type-options']],
    [400, 'INPUT_INVALID', 'nosniff'],
  )

  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    .setEncoding('utf8')
    .end('FETCH / HTTP/1.1\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  assert.match(text, /^HTTP\/1.1 400 .*"code":"INPUT_INVALID"}$/s)
})

test('errors: coded ones keep code and field, faults of ours keep their message to themselves', async () => {
  await using server = await startServer({
    prepare: ({ app }) => {
      app.get('/coded', () => Promise.reject(new MediaError('INPUT_INVALID', { field: 'room' })))
      app.get('/fault', () => Promise.reject(new Error('password is hunter2')))
      app.post('/body', () => 'ok')
    },
  })
  const coded = await ask(`${server.url}/coded`)
  assert.deepEqual([coded.status, JSON.parse(coded.body).code, JSON.parse(coded.body).field], [400, 'INPUT_INVALID', 'room'])
  const fault = await ask(`${server.url}/fault`)
  assert.deepEqual([fault.status, JSON.parse(fault.body)], [500, { error: ERRORS.INTERNAL[1], code: 'INTERNAL' }])
  assert.equal(
    server.log.lines().some(({ level, message }) => level === 'error' && message === 'a request failed'),
    true,
  )
  const big = await fetch(`${server.url}/body`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify('x'.repeat(1_100_000)),
  })
  assert.deepEqual([big.status, ((await big.json()) as { code: string }).code], [413, 'BODY_TOO_LARGE'])
})

test('every code has a status', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) assert.ok(errorAnswer(new MediaError(code)).status >= 400)
  assert.equal(errorAnswer(new MediaError('UNAUTHENTICATED')).headers['www-authenticate'], 'Bearer')
  assert.equal(errorAnswer(new MediaError('MEDIA_UNAVAILABLE')).headers['retry-after'], '2')
})

test('closing waits for what is running, ends idle connections at once, and cuts the rest at the deadline', async () => {
  let release = () => {}
  const { promise: slowEntered, resolve: enterSlow } = Promise.withResolvers<void>()
  const { promise: stuckEntered, resolve: enterStuck } = Promise.withResolvers<void>()
  await using server = await startServer({
    prepare: ({ app }) => {
      app.get('/slow', async () => {
        enterSlow()
        await new Promise<void>((resolve) => {
          release = resolve
        })
        return 'done'
      })
      app.get('/stuck', () => {
        enterStuck()
        return new Promise(() => {})
      })
    },
  })
  const agent = new Agent({ keepAlive: true })
  const idle = request(`${server.url}/healthz`, { agent }).end()
  const [idleAnswer] = await once(idle, 'response')
  idleAnswer.resume()
  const slow = ask(`${server.url}/slow`)
  const stuck = ask(`${server.url}/stuck`)
  stuck.catch(() => {})
  await Promise.all([slowEntered, stuckEntered])

  const closed = server.http.close(1_000)
  await once(idle.socket!, 'close')
  release()
  assert.equal((await slow).body, 'done')
  await assert.rejects(stuck, { code: 'ECONNRESET' })
  await closed
})

test('connections that carry no whole request do not hold up the end', async () => {
  await using server = await startServer()
  const { port } = new URL(server.url)
  const silent = connect(Number(port), '127.0.0.1')
  const halting = connect(Number(port), '127.0.0.1')
  await Promise.all([once(silent, 'connect'), once(halting, 'connect')])
  halting.write('GET /healthz HTTP/1.1\r\nHost: loc')
  // A whole answer on a third connection says that the two before it have been accepted.
  await ask(`${server.url}/healthz`)
  const ends = [silent, halting].map((socket) => once(socket, 'close'))
  for (const socket of [silent, halting]) socket.on('error', () => {}).resume()

  const startedAt = performance.now()
  await server.http.close(20_000)
  await Promise.all(ends)
  assert.ok(performance.now() - startedAt < 5_000)
})

test('pages are served with a tag, and nothing outside their folder is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pages-'))
  try {
    await writeFile(join(folder, 'index.html'), '<h1>Patchbay</h1>')
    await writeFile(join(folder, 'play.html'), '<video></video>')
    await writeFile(join(folder, 'app.js'), 'export {}')
    await symlink('/etc/hostname', join(folder, 'leak.txt'))
    await using server = await startServer({ prepare: ({ app }) => servePages(app, folder) })

    const page = await ask(`${server.url}/`)
    assert.deepEqual([page.status, page.body], [200, '<h1>Patchbay</h1>'])
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'self'/)
    assert.equal((await ask(`${server.url}/`, { 'if-none-match': String(page.headers.etag) })).status, 304)

    const play = await ask(`${server.url}/play/live/demo`)
    assert.equal(play.body, '<video></video>')
    assert.doesNotMatch(String(play.headers['content-security-policy']), /frame-ancestors/)
    assert.match(String((await ask(`${server.url}/pages/app.js`)).headers['content-type']), /^text\/javascript/)

    for (const path of ['', 'leak.txt', 'none.js', '..%2f..%2fetc%2fpasswd.txt', '%2e%2e/x.js', 'a%00.js', '.', 'app.js/']) {
      assert.equal((await ask(`${server.url}/pages/${path}`)).status, 404, path)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

async function upgrade(url: string, path: string, headers = ''): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

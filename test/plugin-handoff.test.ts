import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { createServer as createTlsServer, request as tlsRequest } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { SYSTEM } from '../core/access/caller.ts'
import { fixture, type Ground, startPlugins, untilState } from './plugin-support.ts'

const MiB = 2 ** 20
const echo = [fixture('echo')]
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

test('a request is answered in the thread, with its parameters and its caller', async () => {
  await using ground = await startPlugins(echo)
  const response = await fetch(`${ground.url}/echo/live/caf%C3%A9?x=1`, { headers: { 'x-test': 'yes' } })
  assert.deepEqual(await response.json(), {
    app: 'live',
    room: 'café',
    caller: 'system',
    query: '?x=1',
    header: 'yes',
    remoteAddress: '127.0.0.1',
  })
  assert.equal(response.headers.get('connection'), 'close')
  assert.equal(await (await fetch(`${ground.url}/echo/raw`)).text(), 'one,two')
  assert.equal((await (await fetch(`${ground.url}/echo/download`)).bytes()).length, 200 * 65_536)
  assert.equal(await (await fetch(`${ground.url}/else`)).text(), 'main')
})

test('a method that a path does not have is answered 405 with those it has', async () => {
  await using ground = await startPlugins(echo)
  const response = await fetch(`${ground.url}/echo/hash`, { method: 'DELETE' })
  assert.equal(response.status, 405)
  assert.equal(response.headers.get('allow'), 'POST')
  assert.equal((await fetch(`${ground.url}/echo/raw`, { method: 'HEAD' })).status, 200)
})

test('a large body reaches the thread byte for byte, and past the main thread', async () => {
  await using ground = await startPlugins(echo)
  const body = randomBytes(4 * MiB)
  let readByMain = 0
  ground.server.on('connection', (socket: Socket) => socket.once('close', () => (readByMain += socket.bytesRead)))
  const response = await fetch(`${ground.url}/echo/hash`, { method: 'POST', body })
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), { sizeBytes: body.length, hash: sha256(body), expect: null })
  // The one read that brought the head.
  assert.ok(readByMain > 0 && readByMain <= 65_536, `main read ${readByMain} bytes`)
})

test('a connection that main has served before is handed over as well', async () => {
  await using ground = await startPlugins(echo)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const body = randomBytes(MiB)
  for (let round = 0; round < 3; round++) {
    assert.equal(await send(ground, agent, 'POST', '/main', body.subarray(0, 100_000)), 'main')
    assert.equal(await send(ground, agent, 'GET', '/main'), 'main')
    assert.equal(JSON.parse(await send(ground, agent, 'POST', '/echo/hash', body)).hash, sha256(body))
  }
  agent.destroy()
})

test('pipelined requests are answered in order, and nothing after the first for a plugin is', async () => {
  await using ground = await startPlugins(echo)
  const socket = connect(ground.port, '127.0.0.1')
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
  socket.write(get('/one') + get('/two') + get('/echo/raw') + get('/echo/raw'))
  const answer = await text(socket)
  assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 3)
  assert.ok(answer.indexOf('one,') > answer.lastIndexOf('main'))
})

test('a slow head, a body in pieces and Expect: 100-continue work', async () => {
  await using ground = await startPlugins(echo)
  const socket = connect(ground.port, '127.0.0.1').setNoDelay(true)
  const answer = text(socket)
  for (const piece of ['POST /echo/hash HT', 'TP/1.1\r\nHost: x\r\nContent-Length: 6\r\n', '\r\nabc', 'def']) {
    await new Promise<void>((resolve) => void socket.write(piece, () => setTimeout(resolve, 5)))
  }
  assert.match(await answer, new RegExp(sha256(Buffer.from('abcdef'))))

  const polite = httpRequest(`${ground.url}/echo/hash`, { method: 'POST', headers: { expect: '100-continue', 'content-length': 3 } })
  polite.flushHeaders()
  await once(polite, 'continue')
  polite.end('abc')
  const [response] = await once(polite, 'response')
  assert.equal(JSON.parse(await text(response)).hash, sha256(Buffer.from('abc')))
})

test('a chunked body of any size is relayed', async () => {
  await using ground = await startPlugins(echo)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const body = randomBytes(3 * MiB)
  assert.equal(await send(ground, agent, 'GET', '/main'), 'main')
  assert.deepEqual(JSON.parse(await send(ground, agent, 'POST', '/echo/hash', body, true)), {
    sizeBytes: body.length,
    hash: sha256(body),
    expect: null,
  })
  assert.equal(await send(ground, agent, 'GET', '/main'), 'main')
  agent.destroy()
})

test('WebSockets are upgraded in the thread, with what came right behind the head', async () => {
  await using ground = await startPlugins(echo)
  const client = new WebSocket(`ws://127.0.0.1:${ground.port}/echo/ws`)
  assert.equal(String((await once(client, 'message'))[0]), 'system')
  const frame = randomBytes(MiB)
  client.send(frame)
  assert.ok(frame.equals((await once(client, 'message'))[0]))
  client.close()
  await once(client, 'close')

  const socket = connect(ground.port, '127.0.0.1')
  const masked = Buffer.concat([Buffer.from([0x82, 0x82, 0, 0, 0, 0]), Buffer.from('hi')])
  const head =
    'GET /echo/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  socket.write(Buffer.concat([Buffer.from(head), masked]))
  let answer = ''
  for await (const chunk of socket) {
    answer += chunk
    if (answer.endsWith('hi')) break
  }
  assert.match(answer, /101 Switching/)
})

test('twenty at once', async () => {
  await using ground = await startPlugins(echo)
  const bodies = Array.from({ length: 20 }, () => randomBytes(MiB))
  const answers = await Promise.all(
    bodies.map((body) => fetch(`${ground.url}/echo/hash`, { method: 'POST', body }).then((response) => response.json())),
  )
  assert.deepEqual(
    answers,
    bodies.map((body) => ({ sizeBytes: MiB, hash: sha256(body), expect: null })),
  )
})

test('routes of a plugin that is away answer 503, and a connection on its way to one that hangs is answered too', async () => {
  await using ground = await startPlugins(echo)
  await assert.rejects(fetch(`${ground.url}/echo/crash`))
  await untilState(ground, 'echo', 'RESTARTING')
  const away = await fetch(`${ground.url}/echo/raw`)
  assert.equal(away.status, 503)
  assert.equal(away.headers.get('retry-after'), '1')
  assert.equal(((await away.json()) as { code: string }).code, 'PLUGIN_UNAVAILABLE')

  await untilState(ground, 'echo', 'RUNNING')
  const hanging = fetch(`${ground.url}/echo/loop`).catch(() => 'cut')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const late = await fetch(`${ground.url}/echo/raw`)
  assert.equal(late.status, 503)
  assert.equal(await hanging, 'cut')

  await ground.host.get('echo').disable()
  const upgrade = new WebSocket(`ws://127.0.0.1:${ground.port}/echo/ws`)
  const [error] = await once(upgrade, 'error')
  assert.match(String(error), /503/)
})

test('a client that reads slowly slows the answer down, and one that leaves ends it', async () => {
  await using ground = await startPlugins(echo)
  const sent = async () => (await (await fetch(`${ground.url}/echo/sent`)).json()) as { sentBytes: number; gone: boolean }
  const socket = connect(ground.port, '127.0.0.1')
  socket.write('GET /echo/endless HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  let last = -1
  for (let now = await sent(); now.sentBytes !== last || last === 0; now = await sent()) {
    last = now.sentBytes
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  // What the two kernels' buffers hold on loopback.
  assert.ok(last < 16 * MiB, `${last} bytes were made`)

  socket.destroy()
  while (!(await sent()).gone) await new Promise(setImmediate)
})

test('a client that has said all it wants to say still gets its answer', async () => {
  await using ground = await startPlugins(echo)
  const socket = connect({ port: ground.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end('GET /echo/raw HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(await text(socket), /one,/)
})

test('TLS connections are relayed', async () => {
  await using ground = await startPlugins(echo)
  const tls = selfSigned()
  const server = createTlsServer(tls, (req, res) => void ground.handoff.request(req, res, SYSTEM))
  server.on('upgrade', (req, socket, head) => void ground.handoff.upgrade(req, socket, head, SYSTEM))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const body = randomBytes(MiB)
  const request = tlsRequest({ port, host: '127.0.0.1', path: '/echo/hash', method: 'POST', ca: tls.cert, servername: 'localhost' })
  request.end(body)
  const [response] = await once(request, 'response')
  assert.equal(JSON.parse(await text(response)).hash, sha256(body))

  const client = new WebSocket(`wss://localhost:${port}/echo/ws`, { ca: tls.cert, host: '127.0.0.1' })
  assert.equal(String((await once(client, 'message'))[0]), 'system')
  client.send(body)
  assert.ok(body.equals((await once(client, 'message'))[0]))
  client.close()
  await once(client, 'close')
  server.close()
  server.closeAllConnections()
})

test('no descriptor is left open', async () => {
  await using ground = await startPlugins(echo)
  const round = async () => {
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${ground.url}/echo/raw`).then((response) => response.text())))
    await send(ground, new Agent(), 'POST', '/echo/hash', Buffer.from('abc'), true)
  }
  await round()
  const before = descriptors()
  for (let n = 0; n < 5; n++) await round()
  while (descriptors() > before) await new Promise(setImmediate)
})

function send(ground: Ground, agent: Agent, method: string, path: string, body?: Buffer, chunked = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = chunked || !body ? {} : { 'content-length': body.length }
    const request = httpRequest(`${ground.url}${path}`, { agent, method, headers }, (response) => text(response).then(resolve, reject))
    request.on('error', reject)
    if (chunked) request.write(body?.subarray(0, 1_000))
    request.end(chunked ? body?.subarray(1_000) : body)
  })
}

/** What this process has open, in all its threads. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'patchbay-tls-'))
  const key = join(directory, 'key.pem')
  const cert = join(directory, 'cert.pem')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  )
  const made = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true })
  return made
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { cleanup } from 'node-datachannel'
import { freePort, TEST_TOKEN } from '../../test/harness.ts'
import { openReceiver, openSender } from '../../test/whip-native.ts'
import { bearer, startWhip } from '../../test/whip-support.ts'
import { readEnv } from '../config/env.ts'
import { ServerLog } from '../log.ts'
import { openExporter } from './exporter.ts'
import { Collector } from './test-collector.ts'

after(() => cleanup())

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Says which modules are loaded and which sockets opened. */
const SPY = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { Socket } from 'node:net'
  registerHooks({ load: (url, context, next) => (console.log('SPY loaded', url), next(url, context)) })
  const connect = Socket.prototype.connect
  Socket.prototype.connect = function (...args) { console.log('SPY connects', JSON.stringify(args)); return connect.apply(this, args) }
`)}`

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`

const toJson = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })

test('a trace goes from the request by which somebody publishes to those who watch', async () => {
  await using collector = await Collector.open()
  const server = await startWhip({
    ...toJson(collector.url),
    OTEL_SERVICE_NAME: 'yard-cam',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=open%20sesame',
  })
  const { core } = server.runtime
  const { streamKey } = await core.ingresses.create({ protocol: 'WHIP', app: 'live', room: 'yard' })
  using encoder = await openSender(`${server.url}/whip/live/yard`, { ...bearer(streamKey), traceparent: TRACEPARENT })
  using viewer = await openReceiver(`${server.url}/whep/live/yard`, 'video')
  await viewer.received(20)
  const { participants, viewers } = core.rooms.get('live-yard')
  const [participantId] = participants.keys()
  const [viewerId] = viewers.keys()
  const gone = once(core.events, 'viewer.left')
  await viewer.leave()
  await gone
  await encoder.leave()
  await server[Symbol.asyncDispose]()

  const [publish, ...others] = collector.named('publish')
  assert.ok(publish && others.length === 0)
  assert.equal(publish.service, 'yard-cam')
  assert.equal(publish.traceId, CALLER.traceId)
  assert.deepEqual(publish.attributes, {
    'patchbay.app': 'live',
    'patchbay.room': 'live-yard',
    'patchbay.participant': participantId,
    'patchbay.kind': 'WHIP',
    'patchbay.identity': 'publisher',
    'patchbay.reason': 'LEFT',
  })
  const posted = collector.spans.find(({ spanId }) => spanId === publish.parentSpanId)
  assert.equal(posted?.name, 'POST')
  assert.equal(posted?.parentSpanId, CALLER.spanId)

  const tracks = collector.named('track')
  assert.deepEqual(tracks.map(({ attributes }) => attributes['patchbay.codec']).sort(), ['VP8', 'opus'])
  for (const track of tracks) {
    assert.equal(track.parentSpanId, publish.spanId)
    assert.ok(Number(track.attributes['patchbay.bytes']) > 0)
    assert.deepEqual(
      track.events?.map(({ name }) => name),
      ['first packet'],
    )
  }

  const [view] = collector.named('view')
  assert.equal(view?.attributes['patchbay.viewer'], viewerId)
  assert.ok(Number(view?.attributes['patchbay.bytes']) > 0)
  assert.deepEqual(
    view?.links?.map(({ traceId, spanId }) => ({ traceId, spanId })),
    [{ traceId: publish.traceId, spanId: publish.spanId }],
  )

  const connects = collector.named('connect')
  assert.deepEqual(new Set(connects.map(({ parentSpanId }) => parentSpanId)), new Set([publish.spanId, view?.spanId]))
  for (const { events } of connects)
    assert.deepEqual(
      events?.map(({ name }) => name),
      ['ice connected', 'dtls connected'],
    )

  assert.equal(collector.headers[0]?.['x-key'], 'open sesame')
  const all = JSON.stringify(collector.spans)
  for (const secret of [streamKey, TEST_TOKEN]) assert.ok(!all.includes(secret))
})

test('what is still live when the server stops is told whole', async () => {
  await using collector = await Collector.open()
  const server = await startWhip(toJson(collector.url))
  using _encoder = await openSender(`${server.url}/whip/live/dock`)
  using viewer = await openReceiver(`${server.url}/whep/live/dock`, 'video')
  await viewer.received(20)
  const from = performance.now()
  await server[Symbol.asyncDispose]()
  assert.ok(performance.now() - from < 5_000)
  for (const name of ['track', 'view']) {
    const [span] = collector.named(name)
    assert.equal(span?.attributes['patchbay.reason'], 'SHUTDOWN')
    assert.ok(Number(span?.attributes['patchbay.bytes']) > 0, name)
  }
})

test('a viewer who was there first is linked to who publishes later', async () => {
  await using collector = await Collector.open()
  await using server = await startWhip(toJson(collector.url))
  const { core } = server.runtime
  const room = await core.rooms.open('live-hall')
  const viewer = room.admit({ kind: 'TEST' })
  using _encoder = await openSender(`${server.url}/whip/live/hall`)
  viewer.close('LEFT')
  for (const participant of room.publishers) participant.leave('LEFT')
  const publish = await collector.until(({ name }) => name === 'publish')
  const view = await collector.until(({ name }) => name === 'view')
  assert.equal(view.links?.[0]?.spanId, publish.spanId)
})

test('each HTTP request is a span with the pattern of its route, and a GraphQL operation one below', async () => {
  await using collector = await Collector.open()
  await using server = await startWhip(toJson(collector.url))
  const headers = { ...bearer(TEST_TOKEN), 'content-type': 'application/json', traceparent: TRACEPARENT }
  const ask = (query: string) => fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  await (await ask('query Rooms { rooms { name } }')).text()
  await (await ask('mutation { closeRoom(name: "live-nowhere") { name } }')).text()
  await (await fetch(`${server.url}/play/live/secret-room`)).text()

  const failed = await collector.until(({ name }) => name === 'mutation closeRoom')
  assert.equal(failed.attributes['error.type'], 'ROOM_NOT_FOUND')
  assert.equal(failed.status?.code, 2)
  const operation = await collector.until(({ name }) => name === 'query Rooms')
  const request = await collector.until(({ spanId }) => spanId === operation.parentSpanId)
  assert.equal(request.name, 'POST /graphql')
  assert.equal(request.attributes['http.response.status_code'], 200)
  assert.deepEqual([request.traceId, request.parentSpanId], [CALLER.traceId, CALLER.spanId])
  const page = await collector.until(({ name }) => name.startsWith('GET /play/'))
  assert.ok(!JSON.stringify(page).includes('secret-room'))
})

test('a collector that can not be reached delays nobody, nor the end', async () => {
  const server = await startWhip(toJson(`http://127.0.0.1:${await freePort()}`))
  using encoder = await openSender(`${server.url}/whip/live/yard`)
  using viewer = await openReceiver(`${server.url}/whep/live/yard`, 'video')
  await viewer.received(20)
  await viewer.leave()
  await encoder.leave()
  const from = performance.now()
  await server[Symbol.asyncDispose]()
  assert.ok(performance.now() - from < 4_000)
})

test('spans that are lost are told of once, and so is it when they no longer are', async () => {
  const port = await freePort()
  const lines: string[] = []
  const { log } = new ServerLog({ level: 'info', write: (line) => lines.push(line) })
  const { traces } = readEnv(toJson(`http://user:hunter2@127.0.0.1:${port}`))
  const exporter = await openExporter(traces!, log)
  const memory = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] })
  provider.getTracer('test').startSpan('lost').end()
  const send = () => new Promise<void>((resolve) => exporter.export(memory.getFinishedSpans(), () => resolve()))

  await Promise.all([send(), send()])
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /traces are not taken/)
  assert.doesNotMatch(lines[0]!, /hunter/)
  await using _collector = await Collector.open(port)
  await send()
  assert.equal(JSON.parse(lines[1]!).lostSpans, 2)
  await exporter.shutdown()
})

test('without a collector nothing of it is loaded, and nobody is called', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-untraced-'))
  const server = spawn(process.execPath, ['--import', SPY, MAIN], {
    env: { PATH: process.env.PATH, PORT: '0', RTMP_PORT: '0', RTC_PORT: '0', WORKERS: '1', DATA_DIR: dataDir, STUN_URLS: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 40_000,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(server, 'exit')
  for await (const _ of on(server.stdout, 'data', { close: ['end'] })) if (output.includes('is up.')) break
  server.kill('SIGTERM')
  await ended
  await rm(dataDir, { recursive: true, force: true })
  assert.match(output, /is up\./)
  assert.match(output, /SPY loaded .*fastify/)
  assert.doesNotMatch(output, /SPY loaded .*@opentelemetry.(?!api)/)
  assert.doesNotMatch(output, /SPY connects/)
})

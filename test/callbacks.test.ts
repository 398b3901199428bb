import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OutboundPolicy } from '../core/kernel/outbound.ts'
import { callbacks } from '../core/store/app-tables.ts'
import { CallbackQueue } from '../runtime/callbacks/queue.ts'
import { Sender } from '../runtime/callbacks/sender.ts'
import { WAITS, type Waits } from '../runtime/callbacks/waits.ts'
import { ServerLog } from '../runtime/log.ts'
import type { CallbackDelivery } from '../schema/callback-service.ts'
import { CallbackReceiver } from './callback-receiver.ts'
import { message, shopAt } from './fixtures/callback-shop.ts'

const SECRET = 'hunter2hunter2'
const SHORT = { quickMs: [20, 40], laterMs: [60, 120] }

type Options = {
  url: string
  waits?: Waits
  timeoutMs?: number
  limit?: number
  policy?: OutboundPolicy
}

/** An app with a database of its own, and what is told of it. */
async function queueFor({ url, waits = SHORT, timeoutMs = 2_000, limit, policy = new OutboundPolicy(true) }: Options, folder?: string) {
  const at = folder ?? (await mkdtemp(join(tmpdir(), 'patchbay-callbacks-')))
  const app = await shopAt(at, { url, secret: SECRET })
  const lines: string[] = []
  const { log } = new ServerLog({ level: 'info', write: (line) => lines.push(line) })
  const sender = new Sender(policy, timeoutMs)
  const queue = new CallbackQueue({ app, sender, waits, log, ...(limit !== undefined && { limit }) })
  const close = async () => {
    await queue.close()
    sender.close()
    await app.close()
  }
  const dispose = async () => {
    await close()
    await rm(at, { recursive: true, force: true })
  }
  return { app, queue, folder: at, lines, close, [Symbol.asyncDispose]: dispose }
}

async function until(queue: CallbackQueue, id: string, isReached: (delivery: CallbackDelivery) => boolean): Promise<CallbackDelivery> {
  for await (const delivery of queue.recent.watch()) if (delivery.id === id && isReached(delivery)) return delivery
  throw new Error('the queue has ended')
}

const ended = ({ state }: CallbackDelivery) => state === 'DELIVERED' || state === 'FAILED'

test('the receiver gets the exact bytes that are signed, and the documented headers', async () => {
  await using receiver = await CallbackReceiver.start()
  await using shop = await queueFor({ url: receiver.url })
  const sent = message('chat_message', { room: 'shop-yard', message: 'grüß dich 👋' })
  shop.queue.push(sent)
  const [{ headers, body, json }] = (await receiver.received(1)) as [Awaited<ReturnType<typeof receiver.received>>[number]]
  assert.equal(body.toString(), sent.body)
  assert.equal(headers['x-streamhub-signature'], `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`)
  assert.equal(headers['content-type'], 'application/json')
  assert.match(headers['user-agent'] ?? '', /^patchbay\/\d+\.\d+\.\d+/)
  assert.equal(headers['x-streamhub-event'], 'chat_message')
  assert.equal(headers['x-streamhub-delivery'], sent.id)
  assert.equal(headers['x-streamhub-timestamp'], json.ts)
  assert.equal(json.room, 'shop-yard')
})

for (const status of [500, 503, 408, 429]) {
  test(`${status} is tried again after 500 ms and one second, the same to the letter, and then later`, async () => {
    await using receiver = await CallbackReceiver.start((_callback, index) => (index < 3 ? status : 204))
    await using shop = await queueFor({ url: receiver.url, waits: { ...WAITS, laterMs: [50] } })
    const sent = message()
    shop.queue.push(sent)
    const delivery = await until(shop.queue, sent.id, ended)
    assert.deepEqual([delivery.state, delivery.attempts, delivery.status], ['DELIVERED', 4, 204])
    const [first, second, third, fourth] = receiver.callbacks
    assert.ok(first && second && third && fourth)
    assert.ok(second.at - first.at >= 490 && third.at - second.at >= 990, 'it waited')
    for (const again of [second, third, fourth]) {
      assert.deepEqual(again.body, first.body)
      assert.equal(again.headers['x-streamhub-delivery'], first.headers['x-streamhub-delivery'])
      assert.equal(again.headers['x-streamhub-timestamp'], first.headers['x-streamhub-timestamp'])
    }
  })
}

for (const status of [400, 401, 404, 410]) {
  test(`${status} is given up at once`, async () => {
    await using receiver = await CallbackReceiver.start(() => status)
    await using shop = await queueFor({ url: receiver.url })
    const [first, second] = [message(), message()]
    shop.queue.push(first)
    shop.queue.push(second)
    assert.equal((await until(shop.queue, first.id, ended)).state, 'FAILED')
    const { state, attempts, error } = await until(shop.queue, second.id, ended)
    assert.deepEqual([state, attempts, error], ['FAILED', 1, `HTTP ${status}`])
    assert.equal(receiver.callbacks.length, 2)
  })
}

test('a redirect is not followed', async () => {
  await using inside = await CallbackReceiver.start()
  await using receiver = await CallbackReceiver.start(() => ({ status: 307, headers: { location: inside.url } }))
  await using shop = await queueFor({ url: receiver.url })
  const sent = message()
  shop.queue.push(sent)
  assert.equal((await until(shop.queue, sent.id, ended)).error, 'HTTP 307: not followed')
  assert.equal(inside.callbacks.length, 0)
})

test('a private target is refused, by address and by name, and nothing reaches it', async () => {
  await using receiver = await CallbackReceiver.start()
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', 'rebound.example']) {
    const policy = new OutboundPolicy(false, (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]))
    await using shop = await queueFor({ url: `http://${host}:${receiver.port}/hook`, policy })
    const sent = message()
    shop.queue.push(sent)
    const { state, attempts, error } = await until(shop.queue, sent.id, ended)
    assert.deepEqual([state, attempts], ['FAILED', 1], host)
    assert.match(error ?? '', /private network/)
  }
  assert.equal(receiver.callbacks.length, 0)
})

test('nobody answers: three attempts, then the next event has its turn, and the first comes again', async () => {
  await using receiver = await CallbackReceiver.start(({ json }) => (json.event === 'first' && receiver.callbacks.length < 5 ? 500 : 200))
  await using shop = await queueFor({ url: receiver.url, waits: { quickMs: [5, 5], laterMs: [500] } })
  const sent = ['first', 'second', 'third'].map((event) => message(event))
  for (const one of sent) shop.queue.push(one)
  await receiver.received(6)
  assert.deepEqual(receiver.events, ['first', 'first', 'first', 'second', 'third', 'first'])
})

test('a receiver that never takes an event is given up when the waits are used up', async () => {
  await using receiver = await CallbackReceiver.start(() => 500)
  await using shop = await queueFor({ url: receiver.url })
  const sent = message()
  shop.queue.push(sent)
  const { state, attempts } = await until(shop.queue, sent.id, ended)
  assert.deepEqual([state, attempts], ['FAILED', 5])
  assert.equal(shop.queue.counts.pending, 0)
  const total = WAITS.laterMs.reduce((sum, waitMs) => sum + waitMs, 0)
  assert.ok(total > 22 * 3_600_000 && total <= 24 * 3_600_000, 'a day in earnest')
})

test('a receiver that hangs delays its own app only, and a dead port is tried again', async () => {
  await using hanging = await CallbackReceiver.start((_callback, index) => (index === 0 ? 'HANG' : 200))
  await using healthy = await CallbackReceiver.start()
  await using slow = await queueFor({ url: hanging.url, timeoutMs: 300 })
  await using fast = await queueFor({ url: healthy.url })
  const sent = message()
  slow.queue.push(sent)
  await hanging.received(1)
  for (let index = 0; index < 20; index++) fast.queue.push(message())
  await healthy.received(20)
  assert.equal(slow.queue.recent.find(sent.id)?.delivery.attempts, 0, 'the other one still hangs')
  const { state, attempts } = await until(slow.queue, sent.id, ended)
  assert.deepEqual([state, attempts], ['DELIVERED', 2])
})

test('what waits when the server stops is told when it starts again, in order, and once each', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-callbacks-'))
  const sent = Array.from({ length: 5 }, (_, index) => message(`event_${index}`))
  let port: number
  {
    await using receiver = await CallbackReceiver.start(() => 'HANG')
    port = receiver.port
    const first = await queueFor({ url: receiver.url }, folder)
    for (const one of sent) first.queue.push(one)
    await receiver.received(1)
    await first.close()
  }
  await using receiver = await CallbackReceiver.start(() => 200, port)
  await using _second = await queueFor({ url: receiver.url }, folder)
  const received = await receiver.received(5)
  assert.deepEqual(
    received.map(({ headers }) => headers['x-streamhub-delivery']),
    sent.map(({ id }) => id),
  )
})

test('what waits survives a server that is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-callbacks-'))
  await using receiver = await CallbackReceiver.start(() => 'HANG')
  const child = fork(new URL('fixtures/callback-teller.ts', import.meta.url), [folder, receiver.url])
  const [first] = await receiver.received(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  receiver.reply = () => 200
  await using _again = await queueFor({ url: receiver.url }, folder)
  const [, ...received] = await receiver.received(4)
  assert.deepEqual(
    received.map(({ json }) => json.event),
    ['event_0', 'event_1', 'event_2'],
  )
  assert.deepEqual(received[0]?.body, first?.body)
})

test('when too many wait, the oldest are lost, counted and logged', async () => {
  await using receiver = await CallbackReceiver.start(() => 'HANG')
  await using shop = await queueFor({ url: receiver.url, timeoutMs: 100, limit: 10, waits: { quickMs: [], laterMs: [60_000] } })
  const sent = Array.from({ length: 25 }, () => message())
  for (const one of sent) shop.queue.push(one)
  assert.equal(shop.queue.counts.dropped, 15)
  assert.equal(shop.queue.counts.pending, 10)
  const [first] = await receiver.received(1)
  assert.equal(first?.json.id, sent[15]?.id)
  assert.match(shop.lines.join(''), /"lost":15/)
  shop.queue.push(message())
  await until(shop.queue, sent[24]?.id ?? '', ({ attempts }) => attempts === 1)
  assert.ok(shop.queue.counts.pending <= 11)
  const rows = await (await shop.app.store()).select({ id: callbacks.id }).from(callbacks)
  assert.ok(rows.length <= 11, 'the database is bounded as well')
})

test('a delivery is told again when somebody asks, with its id and body; one that waits, at once', async () => {
  await using receiver = await CallbackReceiver.start((_callback, index) => (index === 1 ? 500 : 200))
  await using shop = await queueFor({ url: receiver.url, waits: { quickMs: [], laterMs: [60_000] } })
  const [done, waiting] = [message(), message()]
  shop.queue.push(done)
  await until(shop.queue, done.id, ended)
  await shop.queue.redeliver(done.id)
  await until(shop.queue, done.id, ({ state, attempts }) => state === 'RETRYING' && attempts === 1)
  await shop.queue.redeliver(done.id)
  const { state, attempts } = await until(shop.queue, done.id, ended)
  assert.deepEqual([state, attempts], ['DELIVERED', 2])
  assert.equal(new Set(receiver.callbacks.map(({ body }) => body.toString())).size, 1)
  await assert.rejects(shop.queue.redeliver(waiting.id), /NOT_FOUND|Nothing/)
})

test('a thousand events arrive once each, in order', async () => {
  await using receiver = await CallbackReceiver.start()
  await using shop = await queueFor({ url: receiver.url })
  const sent = Array.from({ length: 1_000 }, () => message('reaction', { room: 'shop-yard', reaction: '❤' }))
  const started = performance.now()
  for (const one of sent) shop.queue.push(one)
  const pushedMs = performance.now() - started
  const received = await receiver.received(1_000, 30_000)
  assert.deepEqual(
    received.map(({ json }) => json.id),
    sent.map(({ id }) => id),
  )
  console.log(`# queued in ${pushedMs.toFixed(1)} ms, delivered in ${(performance.now() - started).toFixed(0)} ms`)
  await until(shop.queue, sent[999]?.id ?? '', ended)
  assert.equal(shop.queue.recent.list().length, 200)
})

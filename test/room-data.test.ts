import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { RoomMessage } from '../core/signalling/room-message.ts'
import { TestRuntime } from './harness.ts'
import { PagesBrowser } from './pages-browser.ts'
import { JOIN, PRODUCE_DATA, TestCaller, TRANSPORT } from './signalling-support.ts'

let server: TestRuntime
let host: TestCaller
before(async () => {
  server = await TestRuntime.start()
  host = new TestCaller(server)
  await server.runtime.core.apps.update('live', { features: { chat: true, reactions: true } })
  const room = await server.runtime.core.rooms.open('live-talk')
  room.join({ identity: 'stage', kind: 'WS_MJPEG', publishing: true })
})
after(() => server[Symbol.asyncDispose]())

const SEND = `mutation ($app: String = "live", $stream: String = "talk/stage", $input: RoomMessageInput!) {
  sendRoomData(app: $app, stream: $stream, input: $input) { room stream topic from message reaction payload }
}`
const CONSUME_ROOM_DATA = `mutation ($transportId: ID!, $reliable: Boolean) {
  consumeRoomData(transportId: $transportId, reliable: $reliable) { id dataProducerId sctpStreamParameters label protocol }
}`
const FOLLOW =
  'subscription ($app: String = "live", $room: String!) { roomData(app: $app, room: $room) { from topic message reaction payload } }'

type Message = { from: string; topic: string; message: string | null; reaction: string | null; payload: string }

test('what the server says reaches those who follow the room, and is an event of its topic', async () => {
  const { events } = server.runtime.core
  const player = await TestCaller.create(server, ['PLAY'])
  await using feed = player.follow<Message>(FOLLOW, { room: 'talk' })
  const first = feed.next()
  while (events.listenerCount('room.message') === 0) {
    await once(events, 'newListener')
    await new Promise(setImmediate)
  }
  const told: string[] = []
  events.on('chat.message', ({ message, stream }: RoomMessage) => void told.push(`${stream}: ${message}`))
  events.on('chat.reaction', ({ reaction, from }: RoomMessage) => void told.push(`${from} ${reaction}`))

  const sent = await host.run<Message>(SEND, { input: { topic: 'chat', message: 'hello', from: 'desk' } })
  const { ts, ...words } = JSON.parse(sent.payload) as Record<string, unknown>
  assert.deepEqual(words, { topic: 'chat', from: 'desk', message: 'hello' })
  assert.match(String(ts), /^\d{4}-.*Z$/)
  assert.deepEqual(await first, { from: 'desk', topic: 'chat', message: 'hello', reaction: null, payload: sent.payload })
  await host.run(SEND, { input: { topic: 'reaction', reaction: '👏' } })
  assert.equal((await feed.next())?.reaction, '👏')
  await host.run(SEND, { input: { topic: 'chat', message: 'psst', to: ['somebody'] } })
  await host.run(SEND, { input: { topic: 'score', payload: '2:1' } })
  assert.equal((await feed.next())?.payload, '2:1', 'what is for others passes by')
  assert.deepEqual(told, ['live-talk/stage: hello', 'server 👏', 'live-talk/stage: psst'])
})

test('what breaks a rule is refused by its name, and what the app does not have is missing', async () => {
  const refusal = (input: object, variables: object = {}) => host.refusal(SEND, { input, ...variables })
  assert.equal(await refusal({ topic: '' }), 'INPUT_INVALID topic')
  for (const [field, limit] of Object.entries({ topic: 64, message: 4_000, reaction: 64, payload: 8_000, from: 120 })) {
    assert.equal(await refusal({ topic: 'x', [field]: 'y'.repeat(limit + 1) }), `INPUT_INVALID ${field}`)
    assert.match(await refusal({ topic: 'x', [field]: 'y'.repeat(limit) }), /^accepted/)
  }
  assert.equal(await refusal({ topic: 'chat' }, { stream: 'talk/nobody' }), 'STREAM_NOT_FOUND')
  assert.equal(await refusal({ topic: 'chat' }, { stream: 'live-talk' }), 'STREAM_NOT_FOUND')
  await server.runtime.core.apps.update('live', { features: { chat: false } })
  assert.equal(await refusal({ topic: 'chat', message: 'x' }), 'FEATURE_DISABLED')
  assert.match(await refusal({ topic: 'reaction', reaction: 'x' }), /^accepted/)
  await server.runtime.core.apps.update('live', { features: { chat: true } })
  const player = await TestCaller.create(server, ['PLAY', 'PUBLISH'])
  assert.equal(await player.refusal(SEND, { input: { topic: 'x' } }), 'FORBIDDEN')
})

test("a browser receives the room's data channel, and what it says itself is heard", async () => {
  await using browser = await PagesBrowser.open()
  const { events } = server.runtime.core
  const [ada, grace] = [await talker(browser, 'ada'), await talker(browser, 'grace')]
  await host.run(SEND, { input: { topic: 'chat', message: 'to all' } })
  await host.run(SEND, { input: { topic: 'score', payload: 'to grace', to: ['grace'], reliable: false } })
  await host.run(SEND, { input: { topic: 'score', payload: 'the end' } })
  assert.deepEqual((await heard(ada)).slice(1), ['the end'])
  const all = await heard(grace)
  assert.deepEqual([(JSON.parse(all[0]!) as Message).message, ...all.slice(1).sort()], ['to all', 'the end', 'to grace'])

  const chat = once(events, 'chat.message') as Promise<[RoomMessage]>
  await ada.evaluate('window.chat.send(JSON.stringify({ from: "mallory", message: "hi" }))')
  const [{ from, message, stream }] = await chat
  assert.deepEqual({ from, message, stream }, { from: 'ada', message: 'hi', stream: 'live-talk/ada' })
})

/** A page that joins with mediasoup-client, and keeps what it hears in `window.heard`. */
async function talker(browser: PagesBrowser, identity: string): Promise<Page> {
  const page = await browser.page(`${server.url}/pages/publish.html`)
  await page.evaluate(
    `(async () => {
      const { Device } = await import('/pages/vendor/mediasoup-client.js')
      const run = async (query, variables) => {
        const answer = await fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: ${JSON.stringify(`Bearer ${host.token}`)} },
          body: JSON.stringify({ query, variables }),
        })
        const { data, errors } = await answer.json()
        if (errors) throw new Error(errors[0].message)
        return Object.values(data)[0]
      }
      const { participant, routerRtpCapabilities } = await run(${JSON.stringify(JOIN)}, { room: 'live-talk', identity: '${identity}' })
      const device = new Device()
      await device.load({ routerRtpCapabilities })
      const open = async (direction) => {
        const options = await run(${JSON.stringify(TRANSPORT)}, { participantId: participant.id, direction })
        const transport = direction === 'SEND' ? device.createSendTransport(options) : device.createRecvTransport(options)
        transport.on('connect', ({ dtlsParameters }, done, failed) =>
          run('mutation ($transportId: ID!, $dtlsParameters: JSON!) { connectWebRtcTransport(transportId: $transportId, dtlsParameters: $dtlsParameters) { id } }',
            { transportId: transport.id, dtlsParameters }).then(() => done(), failed))
        transport.on('producedata', ({ sctpStreamParameters, label }, done, failed) =>
          run(${JSON.stringify(PRODUCE_DATA)}, { transportId: transport.id, sctpStreamParameters, label }).then(done, failed))
        return transport
      }
      window.heard = []
      const recv = await open('RECV')
      for (const reliable of [true, false]) {
        const consumer = await recv.consumeData(await run(${JSON.stringify(CONSUME_ROOM_DATA)}, { transportId: recv.id, reliable }))
        consumer.on('message', (text) => window.heard.push(text))
        await new Promise((resolve) => (consumer.readyState === 'open' ? resolve() : consumer.once('open', resolve)))
      }
      window.chat = await (await open('SEND')).produceData({ label: 'chat', ordered: true })
      await new Promise((resolve) => (window.chat.readyState === 'open' ? resolve() : window.chat.once('open', resolve)))
    })()`,
  )
  return page
}

async function heard(page: Page): Promise<string[]> {
  await page.waitForFunction('window.heard.includes("the end") && window.heard.length > 1')
  return (await page.evaluate('window.heard')) as string[]
}

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { after, afterEach, before, test } from 'node:test'
import { openBrowser, openPlayer, openRoom, publish, until } from './sdp-browser.ts'

let browser: Awaited<ReturnType<typeof openBrowser>>
before(async () => {
  browser = await openBrowser()
})
afterEach(() => browser.closePages())
after(() => browser[Symbol.asyncDispose]())

for (const video of ['VP8', 'H264', 'VP9', 'AV1']) {
  test(`what Chromium publishes as ${video} with Opus, Chromium plays`, async () => {
    using room = await openRoom()
    const producers = await publish(await browser.page(), room, { video, audio: true })
    const player = await openPlayer(await browser.page(), room)
    for (const producer of producers) await player.watch(room, producer)

    const { codec } = await until(player.page, 'video', ({ framesDecoded = 0 }) => framesDecoded > 30)
    assert.equal(codec, `video/${video}`)
    await until(player.page, 'audio', ({ totalAudioEnergy = 0 }) => totalAudioEnergy > 0)
  })
}

test('who came first sees whatever codec is published later, one after the other, without another offer', async () => {
  using room = await openRoom()
  const player = await openPlayer(await browser.page(), room)
  for (const video of ['VP8', 'H264', 'VP8', 'VP9']) {
    const page = await browser.page()
    const producers = await publish(page, room, { video, audio: true })
    for (const producer of producers) await player.watch(room, producer)

    const { framesDecoded: before = 0 } = await until(player.page, 'video', ({ codec }) => codec === `video/${video}`)
    await until(player.page, 'video', ({ codec, framesDecoded = 0 }) => codec === `video/${video}` && framesDecoded > before + 10)
    const { totalAudioEnergy: heard = 0 } = await until(player.page, 'audio', () => true)
    await until(player.page, 'audio', ({ totalAudioEnergy = 0 }) => totalAudioEnergy > heard)
    for (const producer of producers) producer.close()
    await page.close()
  }
})

test('of three simulcast layers a viewer gets the one that is chosen', async () => {
  using room = await openRoom()
  const [camera] = await publish(await browser.page(), room, { video: 'VP8', rids: ['q', 'h', 'f'] })
  assert.equal(camera!.type, 'simulcast')
  const player = await openPlayer(await browser.page(), room)
  const consumer = await player.watch(room, camera!)
  for (const [spatialLayer, width] of [
    [0, 240],
    [1, 480],
    [2, 960],
  ] as const) {
    await consumer.setPreferredLayers({ spatialLayer })
    await until(player.page, 'video', ({ frameWidth }) => frameWidth === width)
  }
})

test('lost packets are sent again, so that the picture needs no new keyframe', async () => {
  using room = await openRoom()
  const [camera] = await publish(await browser.page(), room, { video: 'VP8' })
  await using relay = await openLossyRelay()
  const player = await openPlayer(await browser.page(), room, (port) => relay.towards(port))
  await player.watch(room, camera!)
  const stats = await until(player.page, 'video', ({ framesDecoded = 0 }) => framesDecoded > 80)
  assert.ok(relay.lost > 5)
  assert.ok((stats.nackCount ?? 0) > 0)
  assert.deepEqual([stats.packetsLost, stats.keyFramesDecoded], [0, 1])
})

test('a viewer keeps its picture through an ICE restart', async () => {
  using room = await openRoom()
  const [camera] = await publish(await browser.page(), room, { video: 'VP8' })
  const player = await openPlayer(await browser.page(), room)
  await player.watch(room, camera!)
  await until(player.page, 'video', ({ framesDecoded = 0 }) => framesDecoded > 10)

  const before = player.transport.iceParameters.usernameFragment
  await player.restartIce()
  assert.notEqual(player.transport.iceParameters.usernameFragment, before)
  await until(player.page, 'video', ({ remoteUfrag }) => remoteUfrag === player.transport.iceParameters.usernameFragment)
  const { framesDecoded = 0 } = await until(player.page, 'video', () => true)
  await until(player.page, 'video', (now) => (now.framesDecoded ?? 0) > framesDecoded + 20)
})

/** A UDP hop that loses every 20th media packet on its way to the viewer. */
async function openLossyRelay() {
  const front = createSocket('udp4')
  /** By the viewer's port: it tries several. */
  const backs = new Map<number, Socket>()
  let serverPort = 0
  let media = 0
  const relay = {
    lost: 0,
    async towards(port: number): Promise<number> {
      serverPort = port
      front.bind(0, '127.0.0.1')
      await once(front, 'listening')
      return front.address().port
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [front, ...backs.values()]) socket.close()
    },
  }
  front.on('message', (packet, { port }) => {
    const back = backs.get(port) ?? openBack(port)
    back.send(packet, serverPort, '127.0.0.1')
  })
  function openBack(viewerPort: number): Socket {
    const back = createSocket('udp4', (packet) => {
      const isMedia = packet[0]! >> 6 === 2 && packet.length > 200
      if (isMedia && ++media % 20 === 0) relay.lost++
      else front.send(packet, viewerPort, '127.0.0.1')
    })
    backs.set(viewerPort, back)
    return back
  }
  return relay
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { cleanup } from 'node-datachannel'
import type { TestRuntime } from './harness.ts'
import { openReceiver, openSender } from './whip-native.ts'
import { bearer, startWhip } from './whip-support.ts'

let server: TestRuntime
before(async () => {
  server = await startWhip()
})
after(async () => {
  await server[Symbol.asyncDispose]()
  cleanup()
})

test('an encoder built like OBS publishes by its stream key, and stops by DELETE', async () => {
  const { core } = server.runtime
  const { streamKey } = await core.ingresses.create({ protocol: 'WHIP', app: 'live', room: 'studio' })
  using encoder = await openSender(`${server.url}/whip/live/studio`, bearer(streamKey))
  using listener = await openReceiver(`${server.url}/whep/live/studio`, 'audio')
  using watcher = await openReceiver(`${server.url}/whep/live/studio`, 'video')
  await Promise.all([listener.received(20), watcher.received(20)])

  const left = once(core.events, 'participant.left')
  assert.equal(await encoder.leave(), 200)
  assert.equal((await left)[1], 'LEFT')
})

test('an encoder that only closes its connection has left; its viewer waits and is fed by the next one', async () => {
  const url = `${server.url}/whip/live/relay`
  const first = await openSender(url)
  using player = await openReceiver(`${server.url}/whep/live/relay`, 'video')
  await player.received(20)
  const left = once(server.runtime.core.events, 'participant.left')
  first[Symbol.dispose]()
  await left
  using _second = await openSender(url)
  await player.received(20)
})

test('a player that tells streams apart by SSRC alone gets sound and picture', async () => {
  using _encoder = await openSender(`${server.url}/whip/live/both`)
  using player = await openReceiver(`${server.url}/whep/live/both`, 'audio', 'video')
  await Promise.all([player.received(20, 'audio'), player.received(20, 'video')])
  // libdatachannel may block for ever in closing a peer that still receives on two tracks.
  await player.leave()
})

test('twenty players join at the same time', async () => {
  using encoder = await openSender(`${server.url}/whip/live/crowd`)
  const from = performance.now()
  const players = await Promise.all(Array.from({ length: 20 }, () => openReceiver(`${server.url}/whep/live/crowd`, 'video')))
  const answeredMs = performance.now() - from
  await Promise.all(players.map((player) => player.received(10)))
  const playingMs = performance.now() - from
  assert.equal(server.runtime.core.rooms.get('live-crowd').viewers.size, 20)
  console.log(`20 joins answered in ${answeredMs.toFixed()} ms, playing after ${playingMs.toFixed()} ms`)
  assert.ok(playingMs < 10_000)
  // Browsers ignore whoever asks again within 300 ms, and then nobody has a picture for a second.
  const [first = 0, second = 0] = await encoder.keyframesWanted(2)
  assert.ok(second - first > 300, `a keyframe asked for again after ${second - first} ms`)

  await Promise.all(players.map((player) => player.leave()))
  assert.equal(server.runtime.core.rooms.get('live-crowd').viewers.size, 0)
  for (const player of players) player[Symbol.dispose]()
})

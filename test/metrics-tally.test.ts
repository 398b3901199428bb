import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tally } from '../runtime/metrics/tally.ts'
import { type GoLive, startGoLive } from './golive-support.ts'

const viewersOf = (tally: Tally) => tally.rooms.map(({ label, viewers }) => [label, viewers])

async function watched({ publish, play }: GoLive, room: string): Promise<void> {
  await publish(room)
  await play(room)
}

test('a room is remembered for five minutes after it closed', async () => {
  await using api = await startGoLive()
  const { core } = api.server.runtime
  let now = 0
  const tally = new Tally(core, { labelOf: ({ localName }) => localName, now: () => now })
  await watched(api, 'demo')
  await tally.read()
  assert.deepEqual(viewersOf(tally), [['demo', 1]])

  core.rooms.get('live-demo').close('REQUESTED')
  now = 299_000
  await tally.read()
  assert.deepEqual(viewersOf(tally), [['demo', 0]])
  now = 301_000
  await tally.read()
  assert.deepEqual(viewersOf(tally), [])
})

test('rooms beyond the limit are counted together', async () => {
  await using api = await startGoLive()
  const tally = new Tally(api.server.runtime.core, { labelOf: ({ localName }) => localName, maxRooms: 2 })
  for (const room of ['a', 'b', 'c', 'd']) await watched(api, room)
  await tally.read()
  assert.deepEqual(viewersOf(tally), [
    ['a', 1],
    ['b', 1],
    ['(other)', 2],
  ])
})

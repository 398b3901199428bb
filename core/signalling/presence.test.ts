import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Connectivity, Presence } from './presence.ts'

test('a peer has vanished ten seconds after its last transport was lost, or after a minute of silence without any', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let connectivity: Connectivity = 'NONE'
  let vanished = 0
  const presence = new Presence(
    () => connectivity,
    () => vanished++,
  )
  const release = presence.watched()
  mock.timers.tick(300_000)
  assert.equal(vanished, 0, 'whoever follows its events is there')

  connectivity = 'CONNECTED'
  release()
  presence.check()
  mock.timers.tick(300_000)
  assert.equal(vanished, 0, 'so is who is connected')

  connectivity = 'LOST'
  presence.check()
  mock.timers.tick(9_000)
  connectivity = 'CONNECTED'
  presence.check()
  mock.timers.tick(9_000)
  assert.equal(vanished, 0, 'a transport came back in time')

  connectivity = 'LOST'
  presence.check()
  mock.timers.tick(10_000)
  assert.equal(vanished, 1)

  const quiet = new Presence(
    () => 'NONE',
    () => vanished++,
  )
  mock.timers.tick(59_000)
  quiet.heard()
  mock.timers.tick(59_000)
  assert.equal(vanished, 1)
  mock.timers.tick(1_000)
  assert.equal(vanished, 2)
})

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Repeats } from '../core/kernel/repeats.ts'

test('what repeats itself is told once, then counted window by window, and forgotten when it ends', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const told: string[] = []
  const repeats = new Repeats({ windowMs: 1_000, limit: 2, again: (thing, times) => told.push(`${thing} ${times}`) })
  assert.deepEqual([repeats.isNew('a'), repeats.isNew('a'), repeats.isNew('a'), repeats.isNew('b')], [true, false, false, true])
  mock.timers.tick(1_000)
  assert.deepEqual(told, ['a 2'])
  assert.deepEqual([repeats.isNew('a'), repeats.isNew('b')], [false, true])
  mock.timers.tick(1_000)
  assert.deepEqual(told, ['a 2', 'a 1'])
  mock.timers.tick(1_000)
  assert.equal(repeats.isNew('a'), true, 'a quiet window ended it')

  // There is room for two: the oldest is told and goes.
  repeats.isNew('a')
  repeats.isNew('c')
  repeats.isNew('d')
  assert.deepEqual(told.slice(2), ['a 1'])
  repeats.isNew('d')
  repeats[Symbol.dispose]()
  assert.deepEqual(told.slice(3), ['d 1'])
  mock.timers.tick(9_000)
  assert.equal(told.length, 4)
  mock.timers.reset()
})

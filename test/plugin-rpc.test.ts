import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { MediaError } from '../core/kernel/errors.ts'
import { connect, expose } from '../plugins/kit/rpc.ts'

const faults: unknown[] = []
let yielded = 0
let returned = 0

const api = {
  sums: {
    add: (a: number, b: number) => a + b,
    later: async (text: string) => text.toUpperCase(),
    wait: (signal?: AbortSignal) => new Promise<string>((resolve) => signal?.addEventListener('abort', () => resolve('stopped'))),
    refuse: () => {
      throw new MediaError('ROOM_NOT_FOUND', { name: 'yard' })
    },
    bug: () => {
      throw new Error('a detail that is nobody’s business')
    },
    uncloneable: () => () => {},
    async *count(to: number) {
      try {
        for (yielded = 1; yielded <= to; yielded++) yield yielded
      } finally {
        returned++
      }
    },
    async *breaks() {
      yield 1
      throw new MediaError('OVERLOADED')
    },
  },
}

function pair() {
  const { port1, port2 } = new MessageChannel()
  expose(port1, api, { owner: 'far', onFault: (error) => void faults.push(error) })
  return { remote: connect<typeof api>(port2, 'far'), port1, [Symbol.dispose]: () => port2.close() }
}

test('functions are called with what they take, and answer what they return', async () => {
  using side = pair()
  assert.equal(await side.remote.sums.add(1, 2), 3)
  assert.equal(await side.remote.sums.later('a'), 'A')
  // @ts-expect-error: a call with the wrong arguments does not compile.
  await side.remote.sums.add('1', 2)
  // @ts-expect-error: nor does one of a function that is not there.
  await assert.rejects(side.remote.sums.divide(1, 2), (error) => error instanceof MediaError && error.details.call === 'sums.divide')
})

test('coded errors cross with their details; of a bug only its owner does', async () => {
  using side = pair()
  await assert.rejects(
    side.remote.sums.refuse(),
    (error) => error instanceof MediaError && error.code === 'ROOM_NOT_FOUND' && error.details.name === 'yard',
  )
  await assert.rejects(
    side.remote.sums.bug(),
    (error) => error instanceof MediaError && error.code === 'INTERNAL' && error.details.owner === 'far',
  )
  assert.match(String(faults.at(-1)), /nobody’s business/)
  await assert.rejects(side.remote.sums.uncloneable(), /INTERNAL|fault/)
})

test('an aborted call rejects at once and is aborted on the far side', async () => {
  using side = pair()
  const abort = new AbortController()
  const answer = side.remote.sums.wait(abort.signal)
  abort.abort(new Error('enough'))
  await assert.rejects(answer, /enough/)
  assert.throws(() => AbortSignal.abort(new Error('before')).throwIfAborted(), /before/)
  await assert.rejects(side.remote.sums.wait(AbortSignal.abort(new Error('before'))), /before/)
})

test('a sequence arrives whole and in order, never far ahead of its reader', async () => {
  using side = pair()
  const numbers = await side.remote.sums.count(1_000)
  let expected = 1
  for await (const n of numbers) {
    assert.equal(n, expected++)
    assert.ok(yielded <= n + 17, `${yielded} at ${n}`)
  }
  assert.equal(expected, 1_001)
})

test('who stops reading stops the far side', async () => {
  using side = pair()
  const before = returned
  for await (const n of await side.remote.sums.count(Number.POSITIVE_INFINITY)) if (n === 3) break
  while (returned === before) await new Promise(setImmediate)
})

test('a sequence that fails is read up to its error', async () => {
  using side = pair()
  const seen: number[] = []
  await assert.rejects(
    async () => {
      for await (const n of await side.remote.sums.breaks()) seen.push(n)
    },
    (error) => error instanceof MediaError && error.code === 'OVERLOADED',
  )
  assert.deepEqual(seen, [1])
})

test('everything that is open fails when the other side goes', async () => {
  using side = pair()
  const unavailable = (error: unknown) =>
    error instanceof MediaError && error.code === 'PLUGIN_UNAVAILABLE' && error.details.plugin === 'far'
  const numbers = await side.remote.sums.count(Number.POSITIVE_INFINITY)
  const waiting = side.remote.sums.wait()
  side.port1.close()
  await assert.rejects(waiting, unavailable)
  await assert.rejects(async () => {
    for await (const _ of numbers);
  }, unavailable)
  await assert.rejects(side.remote.sums.add(1, 2), unavailable)
})

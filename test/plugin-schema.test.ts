import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { printSchema, validateSchema } from 'graphql'
import type { Caller } from '../core/access/caller.ts'
import { PluginBus } from '../runtime/host/plugin-bus.ts'
import { codesOf, fixture, startPlugins, untilState } from './plugin-support.ts'

test('fragments, aliases, arguments, variables, enums, lists, interfaces and core objects cross into the thread', async () => {
  await using ground = await startPlugins([fixture('zoo')])
  const { data, errors } = await ground.query(
    `query ($kind: AnimalKind, $after: DateTime, $with: Boolean!) {
      version
      cats: animals(filter: { kind: $kind }) { __typename ...names ... on Cat { legs } keeper { ...person name @skip(if: $with) } matrix }
      late: animals(filter: { bornAfter: $after }) { title: name kind born }
      none: animals(filter: { names: [] }) { name }
      keepers { name joinedAt pets(limit: 1) { name } }
      participants { id pets { ...names secret keeper { name } } }
      ... on Query { animals @include(if: $with) { name } }
      skipped: animals @skip(if: $with) { name }
    }
    fragment names on Animal { aka: name }
    fragment person on Participant { id joinedAt }`,
    { kind: 'CAT', after: '2020-12-31T00:00:00Z', with: true },
  )
  assert.equal(errors, undefined)
  assert.deepEqual(data, {
    version: '1',
    cats: [{ __typename: 'Cat', aka: 'Tom', legs: 4, keeper: { id: 'PA_1', joinedAt: '2026-01-01T00:00:00.000Z' }, matrix: [[4], [1, 2]] }],
    late: [{ title: 'Wanda', kind: 'FISH', born: '2021-03-03T00:00:00.000Z' }],
    none: [],
    keepers: [
      { name: 'Grace', joinedAt: '2026-01-02T00:00:00.000Z', pets: [] },
      { name: 'Ada', joinedAt: '2026-01-01T00:00:00.000Z', pets: [{ name: 'Tom' }] },
    ],
    participants: [
      { id: 'PA_1', pets: [{ aka: 'Tom', secret: 'purr', keeper: { name: 'Ada' } }] },
      { id: 'PA_2', pets: [] },
    ],
    animals: [{ name: 'Tom' }, { name: 'Wanda' }],
  })
})

test('errors keep their place and code; bugs are masked and logged', async () => {
  await using ground = await startPlugins([fixture('zoo')])
  const secrets = await ground.query('{ animals { name secret } teapot version }')
  assert.deepEqual(secrets.data, {
    animals: [
      { name: 'Tom', secret: 'purr' },
      { name: 'Wanda', secret: null },
    ],
    teapot: null,
    version: '1',
  })
  assert.deepEqual(
    secrets.errors?.map(({ path }) => path),
    [['animals', 1, 'secret'], ['teapot']],
  )
  assert.deepEqual(codesOf(secrets), ['FORBIDDEN', 'TEAPOT'])

  const logged = once(ground.host.events, 'line')
  const bugs = await ground.query('{ animals(filter: { kind: CAT }) { name bug } }')
  assert.deepEqual(bugs.data, { animals: null })
  assert.deepEqual(
    bugs.errors?.map(({ path }) => path),
    [['animals', 0, 'bug']],
  )
  assert.doesNotMatch(JSON.stringify(bugs.errors), /internal detail/)
  const [, line] = await logged
  assert.match(JSON.stringify(line.fields), /internal detail/)
})

test('grants are enforced before anything crosses', async () => {
  await using ground = await startPlugins([fixture('zoo'), fixture('sdl')])
  const caller = (grants: Caller['grants'], kind: Caller['kind'] = 'TOKEN'): Caller => ({ id: 'someone', kind, grants })
  assert.deepEqual((await ground.query('{ whoami }', {}, caller(['PLAY']))).data, { whoami: 'someone' })
  assert.deepEqual(codesOf(await ground.query('{ whoami }', {}, caller(['OBSERVE']))), ['FORBIDDEN'])
  assert.deepEqual(codesOf(await ground.query('{ animals { name } }', {}, caller([], 'ANONYMOUS'))), ['UNAUTHENTICATED'])
  assert.deepEqual(codesOf(await ground.query('mutation { feed(amount: 1) }', {}, caller(['OBSERVE']))), ['FORBIDDEN'])
  assert.deepEqual(codesOf(await ground.query('{ colour { name } }', {}, caller(['OBSERVE']))), ['FORBIDDEN'])
})

test('mutations run one after the other', async () => {
  await using ground = await startPlugins([fixture('zoo')])
  const { data } = await ground.query('mutation ($n: Int!) { a: feed(amount: 1) b: feed(amount: $n) c: feed(amount: 3) }', { n: 2 })
  assert.deepEqual(data, { a: 1, b: 3, c: 6 })
})

test('a slow reader slows the publisher down, and leaving calls its return()', async () => {
  const bus = new PluginBus()
  await using ground = await startPlugins([fixture('zoo')], { bus })
  const closed = bus.watch('zoo:closed')[Symbol.asyncIterator]().next()
  const numbers = await ground.subscribe<{ numbers: number }>('subscription { numbers }')
  for (let expected = 0; expected < 100; expected++) assert.equal((await numbers.next()).value.data.numbers, expected)

  // Whoever asks now has waited until the publisher had its turn.
  await ground.query('{ version }')
  const { data } = await ground.query<{ produced: number }>('{ produced }')
  assert.ok(data.produced <= 100 + 16 + 1, `${data.produced} were made for 100 readings`)

  await numbers.return(undefined)
  assert.ok(Number((await closed).value) <= 117)
})

test('a subscription that waits for its first event ends when its reader leaves', async () => {
  const bus = new PluginBus()
  await using ground = await startPlugins([fixture('zoo')], { bus })
  const closed = bus.watch('zoo:bellClosed')[Symbol.asyncIterator]().next()
  const rings = await ground.subscribe('subscription { bellRings { name } }')
  const first = rings.next()
  await ground.query('{ produced }')
  await rings.return(undefined)
  await closed
  assert.equal((await first).done, true)
})

test('a query that nobody waits for any more is cancelled in the thread', async () => {
  const bus = new PluginBus()
  const abort = new AbortController()
  const base = { callerOf: () => ({ id: 'x', kind: 'SYSTEM', grants: ['MANAGE'] }) as Caller, loadCoreObject: () => null }
  await using ground = await startPlugins([fixture('zoo')], { bus, link: { ...base, signalOf: () => abort.signal } })
  const aborted = bus.watch('zoo:aborted')[Symbol.asyncIterator]().next()
  const answer = ground.query('{ slow }')
  await ground.host.get('zoo').remote.thread.health()
  abort.abort(new Error('gone'))
  assert.equal((await aborted).value, 'slow')
  assert.match((await answer).errors?.[0]?.message ?? '', /gone/)
})

test('a schema written as SDL is as good as a built one', async () => {
  await using ground = await startPlugins([fixture('sdl')])
  const { data, errors } = await ground.query('{ colour { name at chosenBy { name } } participants { favourite { name } } }')
  assert.equal(errors, undefined)
  assert.deepEqual(data, {
    colour: { name: 'red', at: '2026-05-05T00:00:00.000Z', chosenBy: { name: 'Ada' } },
    participants: [{ favourite: { name: 'green' } }, { favourite: { name: 'blue' } }],
  })
  const seen: unknown[] = []
  for await (const { data } of await ground.subscribe<{ colours: string }>('subscription { colours }')) seen.push(data.colours)
  assert.deepEqual(seen, ['red', 'green'])
})

test('the schema is valid and whole, whoever is away', async () => {
  await using ground = await startPlugins([fixture('zoo'), fixture('sdl')])
  assert.deepEqual(validateSchema(ground.host.schema), [])
  const printed = printSchema(ground.host.schema)
  assert.doesNotMatch(printed, /_plugin/)
  // Nullable, whatever the plugin says: it may be away.
  assert.match(printed, /colour\(name: String = "red"\): Colour\n/)

  await ground.host.get('sdl').disable()
  assert.equal(printSchema(ground.host.schema), printed)
  const result = await ground.query('{ version participants { id favourite { name } } animals { name } }')
  assert.deepEqual(codesOf(result), ['PLUGIN_UNAVAILABLE', 'PLUGIN_UNAVAILABLE'])
  assert.deepEqual(result.data, {
    version: '1',
    participants: [
      { id: 'PA_1', favourite: null },
      { id: 'PA_2', favourite: null },
    ],
    animals: [{ name: 'Tom' }, { name: 'Wanda' }],
  })
})

test('of two plugins with one field the second is refused, and core is never contradicted', async () => {
  await using ground = await startPlugins([fixture('zoo'), fixture('sdl', { field: 'animals' })])
  const refused = await untilState(ground, 'sdl', 'FAILED')
  assert.match(refused.lastError ?? '', /animals/)
  assert.equal((await ground.query('{ animals { name } }')).errors, undefined)

  await refused.configure({ field: 'version' })
  await untilState(ground, 'sdl', 'FAILED')
  assert.deepEqual((await ground.query('{ version }')).data, { version: '1' })
})

test('a crossing costs little', async () => {
  await using ground = await startPlugins([fixture('zoo')])
  const { graphql } = ground.host.get('zoo').remote
  const operation = { type: 'Query', document: '{ produced }', variables: {}, caller: { id: 'x', kind: 'SYSTEM', grants: [] } as Caller }
  for (let n = 0; n < 500; n++) await graphql.execute(operation)
  const before = performance.now()
  for (let n = 0; n < 2_000; n++) await graphql.execute(operation)
  const each = (performance.now() - before) / 2_000
  console.log(`one crossing: ${(each * 1_000).toFixed(0)} µs`)
  // Ten times what a quiet machine takes.
  assert.ok(each < 1)
})

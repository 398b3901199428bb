import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { coreEvents } from '../core/events/events.ts'
import { Lifetime } from '../core/kernel/lifetime.ts'
import type { LogLevel } from '../core/kernel/log.ts'
import { openStore } from '../core/store/database.ts'
import { sql } from '../core/store/drizzle.ts'
import { ServerLog } from '../runtime/log.ts'
import { LogArchive } from '../runtime/log-archive.ts'
import { keptFields, keptMessage } from '../runtime/log-row.ts'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

const DAY_MS = 86_400_000
const ALL = { limit: 1_000, offset: 0 }

/** An archive of its own, which keeps what is about the app `live`. */
async function openArchive(options: { level?: LogLevel; mostBytes?: number } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-log-'))
  const lifetime = new Lifetime()
  lifetime.add('folder', () => rm(dataDir, { recursive: true }))
  const store = await openStore({ dataDir })
  lifetime.add('store', () => store.close())
  const server = new ServerLog({ level: 'trace', write: () => {} })
  const apps = { find: (name: string) => (name === 'live' ? ({ name } as never) : undefined) }
  const archive = LogArchive.start({ store, server, apps, events: coreEvents(), level: 'info', retentionDays: 30, ...options }, lifetime)
  return { archive, server, log: server.log, store, [Symbol.asyncDispose]: () => lifetime.close() }
}

const messages = (page: { lines: readonly { message: string }[] }) => page.lines.map(({ message }) => message)

test('what is logged is found again, newest first, by level, source, app, words and time', async () => {
  await using opened = await openArchive()
  const { archive, log } = opened
  log.info({ app: 'live', room: 'live-yard' }, 'room opened')
  log.child({ plugin: 'rtmp' }).warn({ app: 'live' }, 'Encoder is 100% late')
  log.error({ app: 'gone' }, 'an app that is no more')
  log.debug({}, 'not kept')

  assert.deepEqual(messages(await archive.search({}, ALL)), ['an app that is no more', 'Encoder is 100% late', 'room opened'])
  const found = async (filter: Parameters<LogArchive['search']>[0]) => messages(await archive.search(filter, ALL))
  assert.deepEqual(await found({ level: 'warn' }), ['Encoder is 100% late'])
  assert.equal((await found({ least: 'warn' })).length, 2)
  assert.deepEqual(await found({ source: 'plugin:rtmp' }), ['Encoder is 100% late'])
  assert.equal((await found({ app: 'live' })).length, 2)
  assert.deepEqual(await found({ apps: [] }), [])
  assert.deepEqual(await found({ text: 'ENCODER' }), ['Encoder is 100% late'])
  assert.deepEqual(await found({ text: '100% l' }), ['Encoder is 100% late'])
  assert.deepEqual(await found({ text: 'E_c' }), [])
  assert.deepEqual(await found({ since: new Date(Date.now() + 60_000) }), [])
  assert.equal((await found({ until: new Date() })).length, 3)

  const second = await archive.search({}, { limit: 1, offset: 1 })
  assert.deepEqual([second.total, messages(second)], [3, ['Encoder is 100% late']])
  // Somebody else may take the name of an app that is gone.
  assert.deepEqual(await found({ app: 'gone' }), [])
})

test('secrets do not reach the archive, and what is too long is cut', async () => {
  await using opened = await openArchive()
  opened.log.info({ token: 'hunter2', url: '/x?key=hunter2' }, 'pulling rtsp://u:hunter2@host/1')
  opened.log.info({ text: 'x'.repeat(100_000) }, 'y'.repeat(100_000))
  const { lines } = await opened.archive.search({}, ALL)
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
  assert.ok(JSON.stringify(lines).length < 6_000)
})

test('a line that is too long says what is cut, and keeps the rest', () => {
  assert.deepEqual(keptFields({ room: 'yard', gone: undefined }), { room: 'yard', gone: undefined })
  assert.equal(keptFields({}), null)
  const long = keptFields({ error: '"é'.repeat(9_000), room: 'yard', list: Array(9_000).fill(1), ['n'.repeat(9_000)]: 1, code: 5 })
  assert.deepEqual([long?.room, long?.code, long?.cut], ['yard', 5, ['error', 'list', 'n'.repeat(32)]])
  assert.match(String(long?.error), /^"é.*…$/)
  for (const size of [100, 3_000]) {
    const many = Object.fromEntries(Array.from({ length: size }, (_, index) => [`f${index}`, '€'.repeat(index % 700)]))
    assert.ok(Buffer.byteLength(JSON.stringify(keptFields(many))) <= 4_096)
  }
  assert.equal(keptMessage('short'), 'short')
  assert.ok(Buffer.byteLength(keptMessage('€'.repeat(50_000))) <= 2_048)
})

test('what is more than there may be is swept, the oldest first, without waiting for the hour', { timeout: 20_000 }, async () => {
  await using opened = await openArchive({ mostBytes: 1_000_000 })
  const { archive, log, store } = opened
  const bytes = async () =>
    (await store.get<{ bytes: number }>(sql`SELECT sum(length(message) + length(fields) + 160) AS bytes FROM log_lines`)).bytes
  for (let n = 0; n < 3_000; n++) log.info({ n, text: 'x'.repeat(800) }, 'flood')
  await archive.written()
  while ((await bytes()) > 1_000_000) await nextTurn()
  const { lines, total } = await archive.search({}, { limit: 1, offset: 0 })
  assert.ok(total > 400 && total < 1_020, `${total} are left`)
  assert.equal(lines[0]?.fields.n, 2_999)
  await archive.sweep()
  assert.equal((await archive.search({}, ALL)).total, total, 'what is kept was counted rightly')
})

test('a store that can not keep up loses the oldest lines and says how many', async () => {
  await using opened = await openArchive()
  const { archive, log } = opened
  for (let n = 0; n < 10_250; n++) log.info({ n }, 'flood')
  const { total } = await archive.search({ text: 'flood' }, ALL)
  assert.equal(total, 10_000)
  const { lines } = await archive.search({ source: 'log' }, ALL)
  assert.equal(lines[0]?.fields.dropped, 250)
})

test('a store that fails is told once, and gets the lines when it works again', async () => {
  await using opened = await openArchive()
  const { archive, log, server, store } = opened
  await store.run(sql`ALTER TABLE log_lines RENAME TO away`)
  log.info({}, 'while it fails')
  await archive.written()
  await archive.written()
  assert.equal(server.lines().filter(({ message }) => message === 'the log can not be kept').length, 1)
  await store.run(sql`ALTER TABLE away RENAME TO log_lines`)
  assert.ok(messages(await archive.search({}, ALL)).includes('while it fails'))
})

test('what is older than it may get is swept, however much it is', async () => {
  await using opened = await openArchive()
  const { archive, log } = opened
  for (let n = 0; n < 6_000; n++) log.info({ n }, 'old')
  await archive.written()
  await archive.sweep(Date.now() + 29 * DAY_MS)
  assert.equal((await archive.search({}, ALL)).total, 6_000)
  await archive.sweep(Date.now() + 31 * DAY_MS)
  assert.equal((await archive.search({}, ALL)).total, 0)
})

test('a limited caller reads the lines of its own apps, and the tail tells it no others', async () => {
  await using server = await TestRuntime.start()
  await server.graphql('mutation { a: createApp(name: "shop") { name } b: createApp(name: "farm") { name } }')
  const { createToken } = await server.graphql<{ createToken: { secret: string } }>(
    'mutation { createToken(name: "shop", grants: [MANAGE], app: "shop") { secret } }',
  )
  type Page = { logs: { total: number; lines: { message: string; app: { name: string } | null }[] } }
  const query = 'query ($app: String) { logs(filter: { app: $app }) { total lines { message app { name } } } }'
  const all = await server.graphql<Page>(query)
  assert.ok(all.logs.lines.some(({ app }) => app?.name === 'farm'))
  const { data } = await server.graphqlRaw<Page>(query, {}, createToken.secret)
  assert.ok((data?.logs.total ?? 0) > 0)
  assert.ok(data?.logs.lines.every(({ app }) => app?.name === 'shop'))
  assert.equal((await server.graphqlRaw<Page>(query, { app: 'farm' }, createToken.secret)).data?.logs.total, 0)

  const refused = await server.graphqlRaw('{ logs(limit: 1001) { total } }')
  assert.equal(refused.errors?.[0]?.extensions?.code, 'INPUT_INVALID')

  const tail = server.subscribe<{ logTail: { message: string } }>('subscription { logTail(filter: { app: "farm" }) { message } }')
  assert.equal((await tail.next()).value?.logTail.message, 'app created')
  await server.graphql('mutation { updateApp(name: "farm", config: { publishing: { takeover: true } }) { name } }')
  assert.equal((await tail.next()).value?.logTail.message, 'app changed')
  await tail.return(undefined)
  assert.doesNotMatch(JSON.stringify(all), new RegExp(TEST_TOKEN))
})

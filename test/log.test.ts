import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerLog } from '../runtime/log.ts'

function openLog() {
  const lines: string[] = []
  return { server: new ServerLog({ level: 'info', write: (line) => lines.push(line) }), lines }
}

test('secrets are masked at any depth, in texts, addresses and JSON within JSON', () => {
  const { server, lines } = openLog()
  server.log.info(
    {
      headers: { authorization: 'Bearer hunter2hunter2', 'x-auth-token': ['hunter2'], deep: { er: { streamKey: 'hunter"2' } } },
      url: '/graphql?a=1&token=hunter2&b=2',
      body: JSON.stringify({ password: 'hunter2', name: 'yard' }),
      sdp: 'a=ice-ufrag:abcd\r\na=ice-pwd:hunter2\r\na=mid:0',
      err: new Error('pull of rtsp://camera:hunter2@192.0.2.1/1 failed with sk_hunter2hunter2'),
    },
    'retrying https://example.org/?access_token=hunter2',
  )
  assert.doesNotMatch(lines.join(), /hunter/)
  const line = JSON.parse(lines[0]!)
  assert.equal(line.url, '/graphql?a=1&token=***&b=2')
  assert.equal(line.body, '{"password":"***","name":"yard"}')
  assert.match(line.sdp, /a=mid:0$/)
})

test('the level changes at once, in children as well', () => {
  const { server, lines } = openLog()
  const child = server.log.child({ plugin: 'rtmp' })
  child.debug({}, 'hidden')
  server.level = 'debug'
  child.debug({ room: 'yard' }, 'shown')
  assert.equal(lines.length, 1)
  const [line] = server.lines()
  assert.deepEqual([line?.level, line?.message, line?.fields], ['debug', 'shown', { plugin: 'rtmp', room: 'yard' }])
})

test('the last 1,000 lines are kept, and a follower is told what comes after', () => {
  const { server } = openLog()
  for (let n = 0; n < 1_500; n++) server.log.info({ n }, 'line')
  assert.deepEqual(
    server.lines(2).map(({ fields }) => fields.n),
    [1_498, 1_499],
  )
  assert.equal(server.lines().length, 1_000)
  assert.equal(server.lines()[0]?.fields.n, 500)

  const told: string[] = []
  const unfollow = server.follow(({ message }) => told.push(message))
  server.log.warn({ n: -1 }, 'now')
  unfollow()
  server.log.warn({ n: -2 }, 'later')
  assert.deepEqual(told, ['now'])
})

test('a line tells which part of the server it is from and which app it is about', () => {
  const { server } = openLog()
  server.log.info({ app: 'live', room: 'live-yard' }, 'room opened')
  server.log.child({ plugin: 'rtmp' }).info({ app: 'live' }, 'connected')
  server.log.info({ method: 'GET', url: '/' }, 'a request failed')
  server.log.info({ mediaWorker: 0 }, 'media worker died')
  server.log.info({ caller: 'TO_1', action: 'createApp' }, 'managed')
  server.log.info({ task: 'TK_1' }, 'task is failed')
  server.log.info({ source: 'log' }, 'lines were lost')
  assert.deepEqual(
    server.lines().map(({ source, app }) => [source, app]),
    [
      ['core', 'live'],
      ['plugin:rtmp', 'live'],
      ['http', undefined],
      ['media', undefined],
      ['api', undefined],
      ['tasks', undefined],
      ['log', undefined],
    ],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestEncoder } from './protocol/test-peers.ts'
import { startRtmp } from './test-encoders.ts'

test('who is refused again and again is told each time, and logged once with how often it was', async () => {
  const log: string[] = []
  {
    await using ground = await startRtmp()
    for (let n = 0; n < 20; n++) {
      using encoder = await TestEncoder.publishing(Number(new URL(ground.url.replace('rtmp:', 'http:')).port), 'not a room')
      const { args } = await encoder.answer('onStatus')
      assert.match(JSON.stringify(args), /NetStream\.Publish\.Denied/)
    }
    await ground.runtime.graphql('mutation { disablePlugin(name: "rtmp") { name } }')
    log.push(...ground.runtime.log.filter((line) => line.includes('refused')))
  }
  assert.equal(log.length, 2, log.join(''))
  const [first, again] = log.map((line) => JSON.parse(line))
  assert.deepEqual([first.msg, first.from, first.app], ['publisher refused', '127.0.0.1', 'live'])
  assert.deepEqual([again.msg, again.from, again.code, again.times], ['publishers refused again', '127.0.0.1', first.code, 19])
})

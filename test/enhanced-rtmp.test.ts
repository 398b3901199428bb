import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import { MessageType } from '../plugins/rtmp/protocol/message.ts'
import { TestEncoder } from '../plugins/rtmp/protocol/test-peers.ts'
import { flows, type RtmpGround, startRtmp, untilSessions } from '../plugins/rtmp/test-encoders.ts'
import type whip from '../plugins/whip/plugin.ts'
import { opusClip, sendClips, videoClip } from './enhanced-media.ts'
import { type Browser, openBrowser, playIn, until } from './whip-browser.ts'

let ground: RtmpGround
let browser: Browser
before(async () => {
  ;[ground, browser] = await Promise.all([startRtmp({}, { plugins: [use<typeof whip>('./plugins/whip/plugin.ts')] }), openBrowser()])
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

function publish(room: string): Promise<TestEncoder> {
  return TestEncoder.publish(Number(new URL(ground.url.replace('rtmp:', 'http:')).port), room)
}

for (const [fourCc, codec] of [
  ['av01', 'AV1'],
  ['vp09', 'VP9'],
] as const) {
  test(`${codec} and Opus of an enhanced encoder are seen and heard in a browser as they came`, async () => {
    const room = codec.toLowerCase()
    using encoder = await publish(room)
    const sending = sendClips(encoder, [videoClip(fourCc), opusClip()])
    const sessions = await untilSessions(ground, (all) => all.some((one) => one.room === `live-${room}` && flows(one)))
    const session = sessions.find((one) => one.room === `live-${room}`)
    assert.deepEqual([session?.videoCodec, session?.audioCodec, session?.transcoded], [codec, 'OPUS', false])
    assert.deepEqual(
      session?.participant.tracks.map(({ transcoded, stats }) => [transcoded, stats.packetsLost]),
      [
        [false, 0],
        [false, 0],
      ],
    )
    if (codec === 'AV1') assert.equal(session?.widthPx, 320)

    const page = await browser.page()
    await playIn(page, `${ground.runtime.url}/whep/live/${room}`)
    const seen = await until(page, 'video', ({ framesDecoded = 0 }) => framesDecoded > 40)
    assert.deepEqual([seen.codec, seen.frameWidth, seen.packetsLost], [`video/${codec}`, 320, 0])
    const heard = await until(page, 'audio', ({ totalAudioEnergy = 0 }) => totalAudioEnergy > 0)
    assert.equal(heard.packetsLost, 0)
    await page.close()
    encoder.socket.destroy()
    await sending
  })
}

test('AV1 in ten bits is refused, and the encoder is told why', async () => {
  using encoder = await publish('deep')
  const { fourCc, header, frames } = videoClip('av01', 'yuv420p10le')
  encoder.media(MessageType.VIDEO, 0, Buffer.concat([Buffer.of(0x90), Buffer.from(fourCc), header]))
  encoder.media(MessageType.VIDEO, 0, Buffer.concat([Buffer.of(0x91), Buffer.from(fourCc), frames[0]!.data]))
  const { args } = await encoder.answer('onStatus')
  assert.match(JSON.stringify(args), /NetStream.Publish.Failed.*codec: AV1.*8-bit 4:2:0/)
  await encoder.ended
})

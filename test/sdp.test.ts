import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createWorker, type types } from 'mediasoup'
import { MediaError } from '../core/kernel/errors.ts'
import { roomCodecs } from '../core/media/codecs.ts'
import { parseFragment, writeFragment } from '../core/media/sdp/fragment.ts'
import { carries } from '../core/media/sdp/layout.ts'
import { parseOffer } from '../core/media/sdp/offer.ts'
import { planPlay } from '../core/media/sdp/play.ts'
import { type PublishOptions, planPublish } from '../core/media/sdp/publish.ts'
import { mediasoupWorkerBin } from '../native/binaries.ts'

// Written by the real programs: Chromium 156, Firefox 153, GStreamer 1.22 webrtcbin, libdatachannel (as OBS uses it).
const folder = new URL('sdp-offers/', import.meta.url)
const offers = new Map(readdirSync(folder).map((name) => [name.replace('.sdp', ''), readFileSync(new URL(name, folder), 'utf8')]))
const offer = (name: string) => offers.get(name)!
const publishers = [...offers.keys()].filter((name) => !name.endsWith('play'))
const players = [...offers.keys()].filter((name) => name.endsWith('play'))

let worker: types.Worker
let router: types.Router
before(async () => {
  worker = await createWorker({ workerBin: mediasoupWorkerBin(), logLevel: 'error' })
  router = await worker.createRouter({ mediaCodecs: roomCodecs })
})
after(() => worker.close())

function plan(sdp: string, options?: PublishOptions) {
  return planPublish(parseOffer(sdp), router.rtpCapabilities, options)
}

function openTransport(on = router) {
  return on.createWebRtcTransport({
    listenInfos: [
      { protocol: 'udp', ip: '127.0.0.1' },
      { protocol: 'tcp', ip: '127.0.0.1' },
    ],
    enableSctp: true,
  })
}

const refuses = (reason: RegExp) => (error: unknown) =>
  error instanceof MediaError && error.code === 'SDP_REFUSED' && reason.test(error.message)
const rejects = (reason: RegExp) => (error: unknown) =>
  error instanceof MediaError && error.code === 'SDP_INVALID' && reason.test(error.message)

for (const name of publishers) {
  test(`mediasoup takes every section that ${name} publishes`, async () => {
    const published = plan(offer(name), { data: true })
    const transport = await openTransport()
    await transport.connect({ dtlsParameters: published.dtlsParameters })
    for (const { kind, rtpParameters } of published.sections) await transport.produce({ kind, rtpParameters })
    const answer = published.answer(transport)
    assert.deepEqual(mLines(answer), mLines(offer(name)))
    assert.equal(answer.match(/^a=recvonly/gm)?.length, published.sections.length)
    assert.equal(answer.match(/^a=setup:passive/gm)?.length, mLines(answer).length)
  })
}

for (const name of players) {
  test(`a router made for ${name} sends with the payload types of its offer`, async () => {
    const played = planPlay(parseOffer(offer(name)))
    const layoutRouter = await worker.createRouter({ mediaCodecs: played.layout.mediaCodecs })
    const transport = await openTransport(layoutRouter)
    for (const publisher of publishers) {
      const source = await openTransport()
      for (const { kind, rtpParameters } of plan(offer(publisher)).sections) {
        const producer = await source.produce({ kind, rtpParameters })
        if (!carries(played.layout, producer.rtpParameters.codecs[0]!)) continue
        const { pipeProducer } = await router.pipeToRouter({ producerId: producer.id, router: layoutRouter, keepId: false })
        const { rtpCapabilities } = played.sections.find((section) => section.kind === kind)!
        const { rtpParameters: sent } = await transport.consume({ producerId: pipeProducer!.id, rtpCapabilities })
        const { payloadType, mimeType } = sent.codecs[0]!
        assert.match(offer(name), new RegExp(`a=rtpmap:${payloadType} ${mimeType.split('/')[1]}`, 'i'))
        assert.deepEqual([sent.codecs.length, sent.headerExtensions], [1, []])
      }
    }
    assert.match(played.answer(transport), /a=sendonly/)
    assert.doesNotMatch(played.answer(transport), /extmap|a=ssrc|rtx/)
  })
}

test('viewers of one browser share a layout, and a viewer gets the H.264 of every encoder under its own number', () => {
  const [chromium, again] = [planPlay(parseOffer(offer('chromium-play'))), planPlay(parseOffer(offer('chromium-play')))]
  assert.equal(chromium.layout.key, 'opus=111,H264=108,VP8=96,VP9=98,AV1=45,VP9.2=100,PCMU=0,PCMA=8')
  assert.equal(again.layout.key, chromium.layout.key)
  assert.equal(planPlay(parseOffer(offer('firefox-play'))).layout.key, 'opus=109,VP8=120,VP9=121,AV1=99,PCMU=0,PCMA=8')
  for (const name of ['obs-publish', 'gstreamer-publish']) {
    const video = plan(offer(name)).sections.find(({ kind }) => kind === 'video')!
    assert.equal(video.rtpParameters.codecs[0]!.parameters?.['profile-level-id'], '42e01f')
    assert.notEqual(video.codec.parameters['profile-level-id'], '42e01f')
  }
})

test('whatever numbers a viewer chooses, its layout makes a router', async () => {
  const lines = offer('firefox-play').replace(/a=(rtpmap|fmtp|rtcp-fb):(1\d\d|99) .*\r\n/g, '')
  for (const numbers of [
    [100, 101, 102, 103],
    [96, 97, 98, 99],
    [127, 96, 126, 97],
    [103, 101, 100, 102],
    [35, 36, 63, 34],
  ]) {
    const [opus, vp8, vp9, h264] = numbers
    const sdp = lines
      .replace(/m=audio .*/, `m=audio 9 UDP/TLS/RTP/SAVPF ${opus}`)
      .replace(/m=video .*/, `m=video 9 UDP/TLS/RTP/SAVPF ${vp8} ${vp9} ${h264}`)
      .replace('a=mid:0', `a=mid:0\r\na=rtpmap:${opus} opus/48000/2`)
      .replace('a=mid:1', `a=mid:1\r\na=rtpmap:${vp8} VP8/90000\r\na=rtpmap:${vp9} VP9/90000\r\na=rtpmap:${h264} H264/90000`)
    const { layout } = planPlay(parseOffer(sdp))
    assert.match(layout.key, /^opus=\d+,H264=\d+/)
    const { codecs = [] } = (await worker.createRouter({ mediaCodecs: layout.mediaCodecs })).rtpCapabilities
    for (const { mimeType, preferredPayloadType } of layout.mediaCodecs)
      assert.ok(codecs.some((codec) => codec.mimeType === mimeType && codec.preferredPayloadType === preferredPayloadType))
  }
})

test('simulcast is told by rid, smallest picture first, or by a SIM group', () => {
  const encodings = (sdp: string) => plan(sdp).sections[0]!.rtpParameters.encodings?.map(({ rid, ssrc, rtx }) => rid ?? [ssrc, rtx?.ssrc])
  assert.deepEqual(encodings(offer('chromium-simulcast')), ['q', 'h', 'f'])
  assert.deepEqual(encodings(offer('firefox-simulcast')), ['q', 'h', 'f'])
  const highFirst = offer('chromium-simulcast').replace(
    /a=rid:q send\r\na=rid:h send\r\na=rid:f send/,
    'a=rid:h send\r\na=rid:m send\r\na=rid:l send',
  )
  assert.deepEqual(encodings(highFirst), ['l', 'm', 'h'])
  const bySsrc = offer('chromium-data').replace(
    /a=ssrc-group:FID.*/,
    'a=ssrc-group:SIM 11 12\r\na=ssrc-group:FID 11 21\r\na=ssrc-group:FID 12 22',
  )
  assert.deepEqual(encodings(bySsrc), [
    [11, 21],
    [12, 22],
  ])
})

test('an answer follows the offer in setup, stereo and rejected sections', async () => {
  const transport = await openTransport()
  const passive = plan(offer('obs-publish').replaceAll('a=setup:actpass', 'a=setup:passive'))
  assert.equal(passive.dtlsParameters.role, 'server')
  assert.match(passive.answer(transport), /a=setup:active/)
  assert.match(passive.answer(transport), /a=fmtp:111 .*stereo=1/)
  assert.match(
    passive.answer(transport),
    /a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r\n.* 1 tcp .* typ host tcptype passive\r\na=end-of-candidates/,
  )
  const audioOnly = plan(offer('obs-publish').replace(/m=video \d+/, 'm=video 0'))
  assert.match(audioOnly.answer(transport), /BUNDLE 0\r\n.*m=video 0 /s)
  const unused = plan(offer('chromium-publish').replace('a=sendonly', 'a=inactive'))
  assert.match(unused.answer(transport), /BUNDLE 0 1\r\n.*m=audio 9 .*a=inactive.*m=video 9 .*a=recvonly/s)
})

test('what can not be served is refused, by reason', () => {
  const chromium = offer('chromium-publish')
  assert.throws(() => plan(chromium.replaceAll('a=sendonly', 'a=recvonly')), refuses(/neither audio nor video/))
  assert.throws(() => plan(offer('chromium-play')), refuses(/sends neither/))
  assert.throws(() => planPlay(parseOffer(chromium)), refuses(/receives neither/))
  assert.throws(() => plan(chromium, { maxVideo: 0 }), refuses(/too many video/))
  assert.throws(() => plan(chromium.replaceAll('a=rtcp-mux\r\n', '')), refuses(/rtcp-mux/))
  assert.throws(() => plan(chromium.replace(/a=group.*\r\n/, '')), refuses(/bundled/))
  assert.throws(() => plan(offer('obs-publish').replace('H264/90000', 'H266/90000')), refuses(/no common codec/))
  assert.throws(() => plan(offer('obs-publish').replace('64001f', 'f4001f')), refuses(/no common codec/))
  assert.throws(() => plan(offer('obs-publish').replaceAll('1002', '1001')), refuses(/two streams/))
  assert.throws(() => plan(chromium.replace(/a=ssrc.*\r\n/g, '').replaceAll(/a=extmap:.*\r\n/g, '')), refuses(/neither ssrc/))
})

test('what can not be read is invalid, by reason', () => {
  const chromium = offer('chromium-publish')
  const breaks: [string, RegExp][] = [
    ['', /v=0/],
    ['v=0\r\n', /no media section/],
    [`v=0\r\n${'a=x\r\n'.repeat(200_000)}`, /too long/],
    [`v=0\r\n${'a\r\n'.repeat(200)}`, /x=/],
    [`v=0\r\n${'m=audio 9 X 0\r\n'.repeat(100)}`, /too many media sections/],
    [chromium.replaceAll(/a=ice-ufrag.*\r\n/g, ''), /ufrag/],
    [chromium.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:short'), /pwd/],
    [chromium.replaceAll(/a=fingerprint.*\r\n/g, ''), /fingerprint/],
    [chromium.replaceAll(/a=fingerprint:sha-256 ../g, 'a=fingerprint:sha-256 XX'), /fingerprint/],
    [chromium.replaceAll(/a=setup.*\r\n/g, ''), /setup/],
    [chromium.replace('a=mid:1', 'a=mid:0'), /same mid/],
    [chromium.replace('SAVPF 111', 'SAVPF 99999'), /payload type/],
    [chromium.replace('SAVPF 111', 'SAVPF -1'), /payload type/],
    [chromium.replace('a=rtpmap:111 opus/48000/2', 'a=rtpmap:111'), /payload type|rtpmap/],
    [chromium.replace(/a=ssrc:\d+/, 'a=ssrc:99999999999'), /ssrc/],
  ]
  for (const [sdp, reason] of breaks) assert.throws(() => parseOffer(sdp), rejects(reason))
})

test('names that would reach into prototypes are just names', () => {
  const sdp = offer('obs-publish')
    .replace('a=fmtp:111 ', 'a=fmtp:111 __proto__=1;constructor=2;x-google-min-bitrate=5;')
    .replace('a=mid:0', 'a=mid:0\r\na=__proto__:x')
  const [audio] = plan(sdp).sections
  assert.equal(Object.getPrototypeOf(audio!.codec.parameters), Object.prototype)
  assert.ok(!Object.hasOwn(audio!.codec.parameters, '__proto__'))
  assert.ok(!Object.hasOwn(audio!.rtpParameters.codecs[0]!.parameters ?? {}, 'x-google-min-bitrate'))
})

test('no damaged offer causes anything but a coded error', () => {
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const attempt = (sdp: string) => {
    try {
      const read = parseOffer(sdp)
      for (const serve of [() => planPublish(read, router.rtpCapabilities), () => planPlay(read)]) {
        try {
          serve()
        } catch (error) {
          assert.ok(error instanceof MediaError && error.code === 'SDP_REFUSED', String(error))
        }
      }
    } catch (error) {
      assert.ok(error instanceof MediaError, String(error))
    }
  }
  for (const sdp of offers.values()) {
    for (let end = 0; end < sdp.length; end += 7) attempt(sdp.slice(0, end))
    const lines = sdp.split('\r\n')
    for (let round = 0; round < 400; round++) {
      const at = random(sdp.length)
      attempt(sdp.slice(0, at) + String.fromCharCode(random(round % 2 ? 128 : 65_536)) + sdp.slice(at + random(3)))
      attempt(lines.with(random(lines.length), lines[random(lines.length)]!).join('\n'))
    }
  }
  attempt(Array.from({ length: 1 << 20 }, () => String.fromCharCode(random(256))).join(''))
  attempt(`v=0\r\na=${'('.repeat(60_000)}`)
})

test('a trickle fragment gives credentials and usable candidates, and a restart is answered in kind', async () => {
  const body = [
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
    'a=candidate:1387637174 2 udp 2122260222 192.0.2.1 61765 typ host',
    'a=candidate:3 1 TCP 1518083839 192.0.2.1 9 typ host tcptype active',
    'a=candidate:4 1 udp 2122260223 384d8087-4d70.local 61764 typ host',
    'a=end-of-candidates',
  ].join('\r\n')
  const fragment = parseFragment(body)
  assert.deepEqual([fragment.iceUfrag, fragment.icePwd, fragment.endOfCandidates], ['EsAw', 'P2uYro0UCOQ4zxjKXaWCBui1', true])
  assert.deepEqual(
    fragment.candidates.map(({ protocol, port }) => [protocol, port]),
    [
      ['udp', 61_764],
      ['tcp', 9],
      ['udp', 61_764],
    ],
  )
  for (const broken of ['', 'x', 'a=ice-ufrag:EsAw', 'a=candidate:garbage', body.replace('EsAw', 'E')])
    assert.throws(() => parseFragment(broken), rejects(/./))

  const transport = await openTransport()
  const answered = parseFragment(writeFragment(transport, { mid: '0', kind: 'audio' }))
  assert.equal(answered.iceUfrag, transport.iceParameters.usernameFragment)
  assert.equal(answered.candidates.length, 2)
})

/** Kind and mid of each section, in order. */
function mLines(sdp: string): string[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => `${section.split(' ')[0]} ${/^a=mid:(\S+)/m.exec(section)?.[1]}`)
}

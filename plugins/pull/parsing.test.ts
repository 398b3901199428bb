import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewritten } from './http/playlist.ts'
import { SourceTime } from './media/source-time.ts'
import { Authorization } from './rtsp/authorization.ts'
import { RtspReader } from './rtsp/messages.ts'
import { mediaOf } from './rtsp/sdp.ts'

test('no address in a playlist is left as it is, whatever its quotation marks', () => {
  const lines = [
    '#EXTM3U',
    '#EXT-X-KEY:METHOD=AES-128,URI=http://10.0.0.1/key,IV=0x1',
    '#EXT-X-MAP:URI = "http://10.0.0.1/map"',
    '#EXT-X-MAP:URI="http://10.0.0.1/open',
    '#EXT-X-MEDIA:NAME="a,URI=",uri=http://10.0.0.1/media',
    ' http://10.0.0.1/segment ',
  ]
  const kept: string[] = []
  const replaced = rewritten(lines.join('\n'), 'https://cdn.example/', (url) => `relay/${kept.push(url)}`)
  assert.doesNotMatch(replaced, /10\.0\.0\.1/)
  assert.deepEqual(
    kept,
    ['key', 'map', 'open', 'media', 'segment'].map((name) => `http://10.0.0.1/${name}`),
  )
})

test('every address of a playlist is replaced, and the best variant up to 1080 lines is kept', () => {
  const master = [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="audio/main.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=3840x2160',
    'huge.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1920x1080',
    '/full.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360',
    'small.m3u8',
  ].join('\r\n')
  const asked: string[] = []
  const replace = (url: string) => `R${asked.push(url)}`
  assert.deepEqual(rewritten(master, 'https://cdn.example/live/index.m3u8?x=1', replace).split('\n'), [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="R1"',
    '#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1920x1080',
    'R2',
  ])
  assert.deepEqual(asked, ['https://cdn.example/live/audio/main.m3u8', 'https://cdn.example/full.m3u8'])
})

test('the first video and the first audio of a description are taken, with what describes them', () => {
  const sdp = [
    'v=0',
    'a=control:*',
    'm=audio 0 RTP/AVP 8',
    'a=control:track2',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAKeKQ,aM48gA==',
    'a=control:rtsp://camera/stream/track1',
    'm=application 0 RTP/AVP 107',
  ].join('\r\n')
  const [video, audio] = mediaOf(sdp, 'rtsp://camera/stream/')
  assert.deepEqual([video?.encodingName, video?.clockRate, video?.control], ['H264', 90_000, 'rtsp://camera/stream/track1'])
  assert.equal(video?.parameters['sprop-parameter-sets'], 'Z0IAKeKQ,aM48gA==')
  assert.deepEqual([audio?.encodingName, audio?.clockRate, audio?.control], ['PCMA', 8_000, 'rtsp://camera/stream/track2'])
})

test('messages and packets are read however they are cut, and noise is refused', () => {
  const heard: unknown[] = []
  const reader = new RtspReader({
    message: ({ status, body }) => heard.push([status, body]),
    interleaved: (channel, data) => heard.push([channel, data.length]),
  })
  const bytes = Buffer.concat([
    Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc'),
    Buffer.of(0x24, 1, 0, 2, 7, 7),
    Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n'),
  ])
  for (const byte of bytes) reader.push(Buffer.of(byte))
  assert.deepEqual(heard, [
    [200, 'abc'],
    [1, 2],
    [undefined, ''],
  ])
  assert.throws(() => reader.push(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), /speaks no RTSP/)
  assert.throws(() => new RtspReader({ message() {}, interleaved() {} }).push(Buffer.alloc(40_000, 'a')), /too long/)
})

test('digests are those of RFC 2069 and of RFC 7616 without quality of protection', () => {
  const credentials = { user: 'Mufasa', password: 'CircleOfLife' }
  const challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"'
  const header = Authorization.for(['Basic realm="x"', challenge], credentials)?.header('GET', '/dir/index.html')
  assert.match(header ?? '', /^Digest username="Mufasa", .*response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc"$/)
  assert.match(Authorization.for(['Basic realm="x"'], credentials)?.header('GET', '/') ?? '', /^Basic TXVmYXNhOkNpcmNsZU9mTGlmZQ==$/)
  assert.equal(Authorization.for(['Bearer'], credentials), undefined)
})

test('of two tracks that are apart the one that is behind moves, and time never goes back', () => {
  const time = new SourceTime(() => 1_000, false)
  assert.equal(time.at(0, 90_000, 4_294_967_000), 1_000)
  assert.equal(time.at(1, 48_000, 5_000), 1_000)
  assert.ok(Math.abs(time.at(0, 90_000, 8_704) - 1_100) < 1e-6, 'across the end of the counter')
  time.report(0, 8_704, 50_000)
  time.report(1, 5_000, 49_700)
  assert.ok(Math.abs(time.at(0, 90_000, 8_704) - 1_300) < 1e-6, 'the picture was taken 300 ms after the sound')
  assert.equal(time.at(1, 48_000, 5_960), 1_020)
})

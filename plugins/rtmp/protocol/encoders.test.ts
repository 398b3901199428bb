import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { MediaError } from '../../../core/kernel/errors.ts'
import { parseAacConfig, parseAudioTag } from './audio-tag.ts'
import { parseAvcConfig } from './avc-config.ts'
import { BFrameDetector } from './b-frames.ts'
import { type Received, startServer } from './test-peers.ts'
import { parseVideoTag } from './video-tag.ts'

/** Runs a real encoder to its end. */
function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' })
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (output += text))
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, output })))
}

const picture = ['-hide_banner', '-f', 'lavfi', '-i', 'testsrc=size=642x358:rate=30:duration=2']
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2']
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30']

/** What the sequence headers and frames of a finished publish say. */
function summary({ media }: Received) {
  const video = media.filter(({ type }) => type === 'video')
  const audio = media.filter(({ type }) => type === 'audio')
  const videoTags = video.map(({ payload }) => parseVideoTag(payload)!)
  const header = video.find(({ payload }) => parseVideoTag(payload)?.packet === 'SEQUENCE_HEADER')
  const config = header && parseAvcConfig(header.payload.subarray(5))
  const bFrames = new BFrameDetector()
  bFrames.configured(config)
  for (const tag of videoTags) bFrames.observe(tag)
  return {
    config,
    bFrames: bFrames.verdict,
    frames: videoTags.filter(({ packet }) => packet === 'FRAME').length,
    keyframes: videoTags.filter(({ isKeyframe }) => isKeyframe).length,
    ends: videoTags.filter(({ packet }) => packet === 'SEQUENCE_END').length,
    video,
    audio,
  }
}

function assertMonotonic(times: number[]): void {
  for (let i = 1; i < times.length; i++) assert.ok(times[i]! >= times[i - 1]!, `${times[i - 1]} then ${times[i]}`)
}

test('ffmpeg publishes H.264 and AAC', async () => {
  await using server = await startServer()
  const url = `rtmp://127.0.0.1:${server.port}/live/my-key?token=a%20b`
  const { code, output } = await run('ffmpeg', [...picture, ...sound, ...h264, '-tune', 'zerolatency', '-c:a', 'aac', '-f', 'flv', url])
  assert.equal(code, 0, output)

  const received = await server.next()
  assert.deepEqual(await received.closed.then(({ reason }) => reason), 'UNPUBLISHED')
  const request = received.requests[0]!
  assert.equal(request.app, 'live')
  assert.equal(request.name, 'my-key')
  assert.equal(request.query.get('token'), 'a b')
  assert.equal(request.remoteAddress, '127.0.0.1')

  const { config, frames, keyframes, ends, video, audio, bFrames } = summary(received)
  assert.ok(config)
  assert.deepEqual([config.widthPx, config.heightPx, config.framesPerSecond, config.nalLengthBytes], [642, 358, 30, 4])
  assert.deepEqual([frames, keyframes, ends, bFrames], [60, 2, 1, 'NO'])
  assertMonotonic(video.map(({ timestampMs }) => timestampMs))
  assertMonotonic(audio.map(({ timestampMs }) => timestampMs))
  assert.ok(Math.abs(video.at(-1)!.timestampMs - 1_967) <= 40)
  assert.ok(audio.length >= 94 && audio.length <= 97)
  assert.equal(parseAudioTag(audio[0]!.payload)?.packet, 'SEQUENCE_HEADER')
  assert.deepEqual(parseAacConfig(audio[0]!.payload.subarray(2)), { objectType: 2, sampleRateHz: 48_000, channels: 1 })
  assert.equal(received.metadata[0]?.widthPx, 642)
  assert.match(received.metadata[0]?.encoder ?? '', /^Lavf/)
  const script = received.media.find(({ type }) => type === 'data')!
  assert.equal(script.payload.toString('latin1', 3, 13), 'onMetaData')
})

test('B-frames are seen in what x264 makes by default, and its profile is read', async () => {
  await using server = await startServer()
  const url = `rtmp://127.0.0.1:${server.port}/live/key`
  const { code, output } = await run('ffmpeg', [...picture, '-c:v', 'libx264', '-preset', 'fast', '-pix_fmt', 'yuv420p', '-f', 'flv', url])
  assert.equal(code, 0, output)
  const received = await server.next()
  await received.closed
  const { config, bFrames, frames } = summary(received)
  assert.deepEqual([config?.profile, config?.maxReorderFrames, bFrames, frames], [100, 2, 'YES', 60])
})

test('interlaced, cropped and 4:4:4 sizes are read from the SPS', async () => {
  for (const extra of [
    ['-vf', 'crop=642:356', '-flags', '+ildct', '-x264-params', 'tff=1'],
    ['-vf', 'crop=642:356', '-pix_fmt', 'yuv444p'],
  ]) {
    await using server = await startServer()
    const url = `rtmp://127.0.0.1:${server.port}/live/key`
    const { code, output } = await run('ffmpeg', [...picture, ...h264, ...extra, '-frames:v', '3', '-f', 'flv', url])
    assert.equal(code, 0, output)
    const received = await server.next()
    await received.closed
    assert.deepEqual([summary(received).config?.widthPx, summary(received).config?.heightPx], [642, 356], extra.join(' '))
  }
})

test('GStreamer rtmp2sink publishes', async () => {
  await using server = await startServer()
  const { code, output } = await run('gst-launch-1.0', [
    ...'videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency key-int-max=30'.split(' '),
    ...`! flvmux streamable=true ! rtmp2sink location=rtmp://127.0.0.1:${server.port}/live/gst`.split(' '),
  ])
  assert.equal(code, 0, output)
  const received = await server.next()
  await received.closed
  const { config, frames, bFrames } = summary(received)
  assert.deepEqual([config?.widthPx, config?.heightPx, frames, bFrames], [320, 240, 60, 'NO'])
  assert.equal(received.requests[0]?.name, 'gst')
})

test('a refused key ends ffmpeg with the reason in its output', async () => {
  await using server = await startServer({
    authorize: async () => {
      throw new MediaError('STREAM_KEY_UNKNOWN')
    },
  })
  const { code, output } = await run('ffmpeg', [...picture, ...h264, '-f', 'flv', `rtmp://127.0.0.1:${server.port}/live/wrong`])
  assert.notEqual(code, 0)
  assert.match(output, /No ingress has this stream key/)
  const received = await server.next()
  assert.deepEqual(await received.closed, { reason: 'REFUSED', detail: 'STREAM_KEY_UNKNOWN' })
  assert.equal(received.media.length, 0)
})

test('ffmpeg is told that there is no playback', async () => {
  await using server = await startServer()
  const { code, output } = await run('ffmpeg', ['-hide_banner', '-i', `rtmp://127.0.0.1:${server.port}/live/key`, '-f', 'null', '-'])
  assert.notEqual(code, 0)
  assert.match(output, /no RTMP playback/)
  assert.equal((await (await server.next()).closed).reason, 'REFUSED')
})

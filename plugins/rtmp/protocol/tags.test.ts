import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { MediaError } from '../../../core/kernel/errors.ts'
import { parseAudioTag } from './audio-tag.ts'
import { parseAv1Config } from './av1-config.ts'
import { parseAvcConfig, parseSps } from './avc-config.ts'
import { BFrameDetector } from './b-frames.ts'
import { flvHeader, flvTag, type MediaMessage } from './flv.ts'
import { GopCache } from './gop-cache.ts'
import { parseHevcConfig } from './hevc-config.ts'
import { opusChannels, opusDurationMs } from './opus.ts'
import { parseVideoTag } from './video-tag.ts'
import { parseVp9Config } from './vp9-config.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const text = (fourCc: string) => Buffer.from(fourCc, 'latin1').toString('hex')
const message = (type: MediaMessage['type'], timestampMs: number, payload: Buffer): MediaMessage => ({ type, timestampMs, payload })

test('classic video heads', () => {
  assert.deepEqual(parseVideoTag(hex('17 01 ffffd6 aa')), {
    codec: 'H264',
    isKeyframe: true,
    packet: 'FRAME',
    compositionTimeMs: -42,
    enhanced: false,
    dataOffset: 5,
  })
  assert.equal(parseVideoTag(hex('17 00 000000 01'))?.packet, 'SEQUENCE_HEADER')
  assert.equal(parseVideoTag(hex('27 02 000000'))?.packet, 'SEQUENCE_END')
  assert.equal(parseVideoTag(hex('1c 01 000000'))?.codec, 'H265')
  assert.equal(parseVideoTag(hex('22 00'))?.codec, 'H263')
  assert.equal(parseVideoTag(hex('')), undefined)
  assert.equal(parseVideoTag(hex('17 01')), undefined)
})

test('enhanced video heads', () => {
  const frame = parseVideoTag(hex(`91${text('hvc1')} 000042 aa`))
  assert.deepEqual([frame?.codec, frame?.isKeyframe, frame?.compositionTimeMs, frame?.dataOffset], ['H265', true, 66, 8])
  assert.deepEqual(parseVideoTag(hex(`a3${text('av01')}`))?.packet, 'FRAME')
  assert.deepEqual(parseVideoTag(hex(`90${text('vp09')}`))?.packet, 'SEQUENCE_HEADER')
  assert.deepEqual(parseVideoTag(hex(`92${text('avc1')}`))?.packet, 'SEQUENCE_END')
  assert.throws(() => parseVideoTag(hex(`96${text('avc1')}`)), isUnsupported)
  assert.throws(() => parseVideoTag(hex(`97${text('avc1')}`)), isUnsupported)
})

test('audio heads', () => {
  assert.deepEqual(parseAudioTag(hex('af 00 1190')), { codec: 'AAC', packet: 'SEQUENCE_HEADER', enhanced: false, dataOffset: 2 })
  assert.deepEqual(
    ['2f', '3f', '7f', '8f', 'bf'].map((head) => parseAudioTag(hex(head))?.codec),
    ['MP3', 'PCM', 'PCMA', 'PCMU', 'SPEEX'],
  )
  assert.deepEqual(parseAudioTag(hex(`91${text('Opus')}`)), { codec: 'OPUS', packet: 'FRAME', enhanced: true, dataOffset: 5 })
  assert.equal(parseAudioTag(hex(`90${text('mp4a')}`))?.packet, 'SEQUENCE_HEADER')
  assert.throws(() => parseAudioTag(hex(`95${text('mp4a')}`)), isUnsupported)
  assert.equal(parseAudioTag(hex('af')), undefined)
})

test('every cut of a sequence header is read or refused, never thrown at', () => {
  const record = hex('0164001fffe1001a6764001facd9405005bb016a02020280000003008000001e078c18cb01000468ebe3cb')
  assert.equal(parseAvcConfig(record)?.widthPx, 1280)
  for (let length = 0; length < record.length; length++) parseAvcConfig(record.subarray(0, length))
  for (let at = 0; at < record.length * 8; at++) {
    const flipped = Buffer.from(record)
    flipped[at >> 3]! ^= 1 << (at & 7)
    parseAvcConfig(flipped)
    parseSps(flipped.subarray(8))
  }
})

test('HEVC: profile, level and size of what x265 makes', () => {
  const made = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=642x358:rate=5:duration=0.4', '-pix_fmt', 'yuv420p', '-c:v', 'libx265'].concat([
      '-x265-params',
      'log-level=none',
      '-f',
      'mp4',
      '-movflags',
      'frag_keyframe+empty_moov',
      '-',
    ]),
    { timeout: 20_000 },
  )
  const at = made.stdout.indexOf('hvcC')
  assert.ok(at > 0, made.stderr.toString())
  const record = made.stdout.subarray(at + 4, at - 4 + made.stdout.readUInt32BE(at - 4))
  const config = parseHevcConfig(record)
  assert.deepEqual([config?.profile, config?.size], [1, { widthPx: 642, heightPx: 358 }])
  for (let length = 0; length < record.length; length++) parseHevcConfig(record.subarray(0, length))
})

test('AV1: colours and size of what a real encoder makes', () => {
  const record = hex('81 00 0c 00 0a 0b 00 00 00 04 3c fe cc fb f9 00 40')
  const config = parseAv1Config(record)
  assert.deepEqual([config?.widthPx, config?.heightPx, config?.isPlainColour, config?.maxReorderFrames], [320, 180, true, 0])
  assert.equal(parseAv1Config(hex('81 00 4c 00'))?.isPlainColour, false, 'ten bits')
  for (let length = 0; length < record.length; length++) parseAv1Config(record.subarray(0, length))
})

test('VP9: the profile, with and without the head of its box', () => {
  assert.equal(parseVp9Config(hex('00 1e 82 02 02 02 0000'))?.isPlainColour, true)
  assert.equal(parseVp9Config(hex('01000000 02 1e a2 02 02 02 0000'))?.isPlainColour, false)
  assert.equal(parseVp9Config(hex('00 1e')), undefined)
})

test('Opus: channels of the header, length of a packet', () => {
  assert.equal(opusChannels(Buffer.concat([Buffer.from('OpusHead'), hex('01 02 3801 80bb0000 0000 00')])), 2)
  assert.equal(opusChannels(Buffer.from('OpusHead')), undefined)
  assert.deepEqual(
    ['', 'fc', '08', '19', 'e0', '0302'].map((packet) => opusDurationMs(hex(packet))),
    [0, 20, 20, 120, 2.5, 20],
  )
})

test('an FLV tag carries 32 bits of time and its own length', () => {
  assert.equal(flvHeader().length, 13)
  const { head, tail } = flvTag(message('video', 0x12345678, Buffer.alloc(300)))
  assert.equal(head.toString('hex'), '0900012c345678' + '12' + '000000')
  assert.equal(tail.readUInt32BE(), 311)
  assert.equal(flvTag(message('audio', 2 ** 32 + 5, Buffer.alloc(1))).head.readUIntBE(4, 3), 5)
})

test('B-frames: the header decides, else the frames do', () => {
  const frame = (compositionTimeMs: number) => parseVideoTag(hex(`2701${compositionTimeMs.toString(16).padStart(6, '0')}`))!
  const detector = new BFrameDetector(3)
  for (let i = 0; i < 2; i++) detector.observe(frame(0))
  assert.equal(detector.verdict, 'UNKNOWN')
  detector.observe(frame(0))
  assert.equal(detector.verdict, 'NO')
  detector.observe(frame(66))
  assert.equal(detector.verdict, 'YES')
})

test('the GOP cache replays from the last keyframe, and drops a GOP that outgrows it', () => {
  const cache = new GopCache({ maxBytes: 1_000, maxDurationMs: 5_000 })
  const video = (timestampMs: number, head: string, size = 100) => {
    const payload = Buffer.concat([hex(head), Buffer.alloc(size)])
    cache.video(message('video', timestampMs, payload), parseVideoTag(payload)!)
  }
  const audio = (timestampMs: number, head: string) => {
    cache.audio(message('audio', timestampMs, hex(head)), parseAudioTag(hex(head))!)
  }
  cache.data(message('data', 0, Buffer.from('meta')))
  video(0, '1700000000')
  audio(0, 'af001190')
  video(0, '2701000000')
  assert.equal(cache.snapshot().length, 3)

  video(1_000, '1701000000')
  video(1_033, '2701000000')
  audio(1_040, 'af01aa')
  video(3_000, '1701000000')
  video(3_033, '2701000000')
  assert.equal(cache.gopMs, 2_000)
  assert.ok(cache.lastKeyframeAt)
  assert.deepEqual(
    cache.snapshot().map(({ type, timestampMs }) => [type, timestampMs]),
    [
      ['data', 3_000],
      ['video', 3_000],
      ['audio', 3_000],
      ['video', 3_000],
      ['video', 3_033],
    ],
  )
  video(3_066, '1700000000')
  assert.equal(cache.snapshot().length, 5, 'a repeated header changes nothing')
  video(3_100, '2701000000', 2_000)
  assert.equal(cache.overflown, true)
  assert.equal(cache.snapshot().length, 3)
  video(4_000, '1701000000')
  assert.equal(cache.snapshot().length, 4)
  video(10_000, '2701000000')
  assert.equal(cache.overflown, true)
})

function isUnsupported(error: unknown): boolean {
  return error instanceof MediaError && error.code === 'CODEC_UNSUPPORTED'
}

import { caps, chain, element, launch, pad } from '../native/gst.ts'
import { startPipeline } from '../native/pipeline.ts'

/**
 * Publishes a moving test pattern with a burned-in clock and a quiet tone, so that the first look needs no encoder.
 * `npm run demo -- rtmp://host/app/key` sends it elsewhere.
 */
const url = process.argv[2] ?? 'rtmp://localhost:1935/live/demo'

const picture = chain(
  element('videotestsrc', {
    'is-live': true,
    pattern: 'ball',
    'animation-mode': 'wall-time',
    motion: 'sweep',
    'background-color': 0xff20304a,
  }),
  caps('video/x-raw', { width: 1280, height: 720, framerate: '30/1' }),
  element('clockoverlay', {
    'time-format': '%H:%M:%S',
    'font-desc': 'Sans Bold 40',
    halignment: 'center',
    valignment: 'bottom',
    'shaded-background': true,
  }),
  element('x264enc', { tune: 'zerolatency', 'speed-preset': 'veryfast', bitrate: 2500, 'key-int-max': 60, bframes: 0 }),
  caps('video/x-h264', { profile: 'main' }),
  element('h264parse'),
  element('queue'),
  pad('mux'),
)
const tone = chain(
  element('audiotestsrc', { 'is-live': true, wave: 'sine', freq: 440, volume: 0.05 }),
  caps('audio/x-raw', { rate: 48_000, channels: 2 }),
  element('avenc_aac', { bitrate: 128_000 }),
  element('aacparse'),
  element('queue'),
  pad('mux'),
)
const sender = chain(element('flvmux', { name: 'mux', streamable: true }), element('rtmp2sink', { location: url }))

const pipeline = await startPipeline({ name: 'demo', launch: launch(picture, tone, sender), readyWhen: 'PLAYING' }).catch(
  (error: Error) => {
    process.stderr.write(`The demo could not publish to ${url}: ${error.message}\nIs the server running? npm start\n`)
    process.exit(1)
  },
)
process.stdout.write(`Publishing a test pattern to ${url}; Ctrl-C ends it.\nWatch it at http://localhost:8080/play/live/demo\n`)

pipeline.events.once('closed', (reason, detail) => {
  if (reason !== 'REQUESTED') process.stderr.write(`The demo ended: ${detail}\n`)
  process.exit(reason === 'REQUESTED' ? 0 : 1)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void pipeline.stop({ eosWithinMs: 500 }))

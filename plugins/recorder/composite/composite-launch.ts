import { caps, chain, element, type Fragment, launch, outputFd, pad } from '../../../native/gst.ts'
import type { Canvas } from './canvas.ts'
import { type EncoderName, encodeWith } from './encoder.ts'
import { type Input, inStep, loudness, receiver, witness } from './inputs.ts'
import type { Layout, Place, Size } from './layout.ts'

const NS_PER_MS = 1_000_000
/**
 * How far behind the present every mix is, in milliseconds: so late are the sources that are always there. It is more than jitter buffers
 * and decoders take, and the same for all, so that one mix goes on where another one stops.
 */
export const BEHIND_MS = 400
/** How much later inputs may be, in milliseconds. */
const PATIENCE_MS = 150
/** How long the last picture of somebody who sends no more is shown, in milliseconds. */
const LAST_PICTURE_MS = 1_000
const LEVEL_MS = 200

/** Names of the elements that let picture and sound into the file. */
export const GATES = ['gate-video', 'gate-audio'] as const
const [VIDEO_GATE, AUDIO_GATE] = GATES
/** Lets single pictures out, as JPEG. */
export const SHUTTER = 'shutter'

/** Lets an input be shown at a place, where it may be shown at several. */
export const doorName = (picture: number, place: number) => `door-${picture}-${place}`

export type Composition = {
  readonly canvas: Canvas
  readonly encoder: EncoderName
  readonly inputs: readonly Input[]
  /** Indexes of the inputs that are shown, in the order of the layout. */
  readonly pictures: readonly number[]
  readonly layout: Layout
  /** By picture: the place that it is shown at first. */
  readonly places: readonly number[]
  readonly measured: boolean
  readonly file: string
  readonly clusterMs: number
}

/**
 * A pipeline that mixes what a room sees and hears. Nothing is written before its gates are opened; they close without a trace, so that
 * another may go on with the next picture.
 */
export function compositePipeline(composition: Composition): Fragment {
  const { inputs, pictures } = composition
  const onward = (index: number) => (pictures.includes(index) ? shown(composition, index) : [heard(composition, index)])
  return launch(
    mixers(composition),
    muxed(composition),
    ...inStep(inputs).map((group) => receiver(inputs, group, onward)),
    ...sharedPlaces(composition),
    // They keep the mixers going when there is nobody.
    chain(element('videotestsrc', { 'is-live': true, pattern: 'black' }), tinyPicture(composition.canvas), BEHIND, pad('c', 'sink_0')),
    chain(element('audiotestsrc', { 'is-live': true, wave: 'silence' }), SOUND, BEHIND, pad('a', 'sink_0')),
  )
}

const SOUND = caps('audio/x-raw', { format: 'S16LE', rate: 48_000, channels: 2 })
const BEHIND = element('queue', {
  'min-threshold-time': BEHIND_MS * NS_PER_MS,
  'max-size-time': 0,
  'max-size-bytes': 0,
  'max-size-buffers': 0,
})
const COLOURS = 'bt709'
/** Full range, BT.601 matrix: what every reader of a JPEG takes for granted, and jpegenc does not see to. */
const JFIF_COLOURS = '1:4:0:0'

const picture = ({ widthPx: width, heightPx: height }: Size, more: Record<string, string> = {}) =>
  caps('video/x-raw', { format: 'I420', width, height, 'pixel-aspect-ratio': '1/1', colorimetry: COLOURS, ...more })

const tinyPicture = ({ framesPerSecond }: Canvas) =>
  caps('video/x-raw', { format: 'I420', width: 16, height: 16, framerate: `${framesPerSecond}/1` })

/** All inputs' times are compared with how late they may be; who sends nothing is not waited for. */
function mixers({ layout }: Composition): Fragment {
  const timing = {
    latency: PATIENCE_MS * NS_PER_MS,
    'min-upstream-latency': BEHIND_MS * NS_PER_MS,
    'ignore-inactive-pads': true,
    // Or else a mixer would end when nobody at all has sent anything in time, such as while a busy machine starts it.
    'force-live': true,
  }
  const places = layout.places.flatMap(({ x, y }, index) => [
    [`sink_${index + 1}::xpos`, x] as const,
    [`sink_${index + 1}::ypos`, y] as const,
    [`sink_${index + 1}::max-last-buffer-repeat`, LAST_PICTURE_MS * NS_PER_MS] as const,
  ])
  return launch(
    element('compositor', { name: 'c', background: 'black', ...timing, 'sink_0::alpha': 0, ...Object.fromEntries(places) }),
    element('audiomixer', { name: 'a', ...timing }),
  )
}

function muxed({ canvas, encoder, file, clusterMs }: Composition): Fragment {
  const cluster = clusterMs * NS_PER_MS
  const gate = { drop: true, 'drop-mode': 'forward-sticky-events' }
  const unlimited = { 'max-size-time': 0, 'max-size-bytes': 0, 'max-size-buffers': 0 }
  return launch(
    chain(
      element('matroskamux', { name: 'm', 'offset-to-zero': true, 'min-cluster-duration': cluster, 'max-cluster-duration': cluster }),
      element('filesink', { location: file, 'buffer-mode': 'unbuffered', sync: false, async: false }),
    ),
    chain(pad('c'), picture(canvas, { framerate: `${canvas.framesPerSecond}/1` }), element('tee', { name: 'seen' })),
    snapshots(),
    chain(
      pad('seen'),
      element('valve', { name: VIDEO_GATE, ...gate }),
      // When the encoder is too slow pictures are left out here, oldest first; sound and picture stay together.
      element('queue', { leaky: 'downstream', 'max-size-buffers': 8, 'max-size-bytes': 0, 'max-size-time': 0 }),
      encodeWith(encoder, canvas),
      // What comes of different encoders can be joined when each keyframe has its parameters with it.
      element('h264parse', { 'config-interval': -1 }),
      caps('video/x-h264', { 'stream-format': 'avc', alignment: 'au' }),
      element('queue', unlimited),
      pad('m'),
    ),
    chain(
      pad('a'),
      SOUND,
      element('valve', { name: AUDIO_GATE, ...gate }),
      element('opusenc', { bitrate: canvas.audioKbps * 1_000 }),
      element('queue', unlimited),
      pad('m'),
    ),
  )
}

function snapshots(): Fragment {
  return chain(
    pad('seen'),
    element('valve', { name: SHUTTER, drop: true, 'drop-mode': 'forward-sticky-events' }),
    element('queue', { leaky: 'downstream', 'max-size-buffers': 1, 'max-size-bytes': 0, 'max-size-time': 0 }),
    element('videoconvert'),
    element('capsfilter', { caps: `video/x-raw,format=I420,colorimetry=(string)${JFIF_COLOURS}` }),
    element('jpegenc', { quality: 85 }),
    element('fdsink', { fd: outputFd(0, 0), sync: false, async: false }),
  )
}

/** A picture at its place or, through doors, at the places that it changes between. */
function shown(composition: Composition, index: number): readonly Fragment[] {
  const { layout, places, pictures } = composition
  const shownAs = pictures.indexOf(index)
  const homes = layout.homes[shownAs] ?? []
  // It remembers the last picture in words: none yet, no words.
  const noticed = element('identity', { name: witness(index), silent: false })
  const [only] = homes
  if (homes.length === 1 && only !== undefined) return [chain(noticed, fitted(composition, index, only), pad('c', `sink_${only + 1}`))]

  const tee = `tee${index}`
  const doors = homes.map((place) =>
    chain(
      pad(tee),
      element('valve', { name: doorName(shownAs, place), drop: places[shownAs] !== place, 'drop-mode': 'forward-sticky-events' }),
      fitted(composition, index, place),
      pad(`place${place}`),
    ),
  )
  return [chain(noticed, element('tee', { name: tee, 'allow-not-linked': true })), ...doors]
}

/** Places that several pictures come to by turns. */
function sharedPlaces({ layout }: Composition): readonly Fragment[] {
  return layout.places.flatMap((_, place) =>
    layout.homes.filter((homes) => homes.includes(place)).length > 1
      ? [chain(element('funnel', { name: `place${place}` }), pad('c', `sink_${place + 1}`))]
      : [],
  )
}

/** Scaled into its place with its shape kept, and named if asked to. */
function fitted({ canvas, layout, inputs }: Composition, index: number, place: number): Fragment {
  const name = inputs[index]?.member.name ?? ''
  return chain(
    element('videoconvert'),
    element('videoscale'),
    picture(layout.places[place] as Place),
    ...(canvas.names && name !== '' ? [label(name)] : []),
    element('queue', { leaky: 'downstream', 'max-size-time': 1_000 * NS_PER_MS, 'max-size-bytes': 0, 'max-size-buffers': 0 }),
  )
}

function heard({ measured }: Composition, index: number): Fragment {
  return chain(
    element('audioconvert'),
    element('audioresample'),
    SOUND,
    ...(measured ? [element('level', { name: loudness(index), interval: LEVEL_MS * NS_PER_MS })] : []),
    element('queue', { leaky: 'downstream', 'max-size-time': 1_000 * NS_PER_MS, 'max-size-bytes': 0, 'max-size-buffers': 0 }),
    pad('a', `sink_${index + 1}`),
  )
}

/** In a shaded line at the bottom left. The overlay reads its text as markup, so what would be markup in a name is written out. */
function label(name: string): Fragment {
  const line = [...name.replaceAll(/\p{C}+/gu, ' ')].slice(0, MOST_LETTERS).join('')
  const text = line.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return element('textoverlay', { text, halignment: 'left', valignment: 'bottom', 'shaded-background': true, 'font-desc': 'Sans 14' })
}

const MOST_LETTERS = 40

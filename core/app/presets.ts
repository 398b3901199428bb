import { MediaError } from '../kernel/errors.ts'
import type { ConfigChange } from './config-change.ts'
import { isMapping } from './config-yaml.ts'
import { snakeCase } from './key-case.ts'

/** A way to deliver, as one change of the configuration. It never touches who the app is, nor where its secrets go. */
export type ConfigPreset = {
  readonly name: string
  readonly title: string
  readonly description: string
  /** For whom it is. */
  readonly useCase: string
  readonly change: Omit<ConfigChange, 's3' | 'callbacks' | 'name' | 'displayName' | 'roomPrefix'>
}

export const CONFIG_PRESETS: readonly ConfigPreset[] = [
  {
    name: 'low-latency',
    title: 'Low latency',
    description: 'WebRTC end to end: what comes in goes out as it is, in the layers its sender makes, from the nearest server.',
    useCase: 'Surveillance, auctions, telemedicine and live shopping, where a second is too long.',
    change: {
      transcoding: { enabled: false },
      webrtc: { adaptive: true },
      rtmp: { transcode: false },
      features: { adaptivePlayer: true },
      distribution: { mode: 'edge' },
      hls: { segmentSeconds: 2, listSize: 3 },
    },
  },
  {
    name: 'high-quality-recording',
    title: 'High-quality recording',
    description: 'Every room is recorded as one picture, and each recording gets renditions of 1080, 720 and 480 lines.',
    useCase: 'Lectures, hearings and concerts that are watched again for years.',
    change: {
      transcoding: {
        enabled: true,
        encoding: 'h264',
        vodAdaptive: true,
        vodRenditions: [
          { height: 1080, bitrateKbps: 5_000 },
          { height: 720, bitrateKbps: 2_800 },
          { height: 480, bitrateKbps: 1_400 },
        ],
      },
      recording: { enabled: true, mode: 'room-composite' },
      rtmp: { transcode: true },
      webrtc: {
        adaptive: true,
        layers: [
          { name: 'high', height: 1080 },
          { name: 'med', height: 720 },
          { name: 'low', height: 480 },
        ],
      },
      features: { adaptivePlayer: true },
    },
  },
  {
    name: 'mass-audience-HLS',
    title: 'Mass audience over HLS',
    description: 'Renditions of 720, 480 and 360 lines in longer segments, which a content delivery network hands on.',
    useCase: 'Events with more viewers than one server can reach, who may be some seconds behind.',
    change: {
      transcoding: {
        enabled: true,
        encoding: 'h264',
        vodAdaptive: true,
        vodRenditions: [
          { height: 720, bitrateKbps: 2_800 },
          { height: 480, bitrateKbps: 1_400 },
          { height: 360, bitrateKbps: 800 },
        ],
      },
      webrtc: { adaptive: true },
      features: { adaptivePlayer: true },
      recording: { enabled: true },
      distribution: { mode: 'cdn', cdn: { baseUrl: '', vodBaseUrl: '', provider: 'bunny' } },
      hls: { segmentSeconds: 4, listSize: 10 },
    },
  },
]

/** @throws {MediaError} `NOT_FOUND` */
export function findPreset(name: string): ConfigPreset {
  const preset = CONFIG_PRESETS.find((one) => one.name === name)
  if (!preset) throw new MediaError('NOT_FOUND', { preset: name })
  return preset
}

/** What a preset sets, one line for each key of the file: `transcoding.enabled: false`. */
export function presetLines({ change }: ConfigPreset): string[] {
  return [...lines(change)]
}

function* lines(value: object, path: readonly string[] = []): Generator<string> {
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, snakeCase(key)]
    if (isMapping(inner)) yield* lines(inner, here)
    else yield `${here.join('.')}: ${Array.isArray(inner) ? inner.map(itemText).join(', ') : JSON.stringify(inner)}`
  }
}

const itemText = (item: object): string => Object.values(item).join('/')

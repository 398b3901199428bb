import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import {
  encodingName,
  FeaturesPatch,
  Flag,
  LayersPatch,
  MEDIA_CONFIG,
  type MediaConfig,
  oneOf,
  RenditionsPatch,
  toTranscoding,
  word,
} from './app-config.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, body } from './reply.ts'
import { route } from './route.ts'

const VIEW = `name config { ${MEDIA_CONFIG} } hwaccel { requested effective type reason }`
const READ = `query ($app: String!) { app(name: $app) { ${VIEW} } }`
const UPDATE = `mutation ($app: String!, $config: AppConfigInput!) { app: updateApp(name: $app, config: $config) { ${VIEW} } }`
const LAYERS = 'query ($app: String!) { app(name: $app) { config { webrtc { layers { name height } } } } }'

type Viewed = {
  name: string
  config: MediaConfig
  hwaccel: { requested: string; effective: string; type: string; reason: string }
}

const Layer = z.object({ name: z.string(), height: z.int() })

const ConfigView = z.object({
  app: z.string().describe('Name of the app.'),
  adaptive: z.boolean().describe('Whether browsers are asked for several layers.'),
  layers: z.array(Layer).describe('The layers they are asked for.'),
  rtmp: z.object({ enabled: z.boolean(), transcode: z.boolean() }).describe('RTMP encoders.'),
  features: z.record(z.string(), z.unknown()).describe('Feature flags.'),
  transcoding: z
    .object({
      enabled: z.boolean(),
      encoding: z.string(),
      vodAdaptive: z.boolean(),
      vodRenditions: z.array(z.object({ height: z.int(), bitrateKbps: z.int() })),
      hwaccel: z.string(),
      hwaccelResolved: z.object({ requested: z.string(), effective: z.string(), type: z.string(), reason: z.string() }),
    })
    .describe('What the server encodes itself.'),
})

const Patch = z.object({
  adaptive: Flag.nullish().describe('Whether browsers are asked for several layers.'),
  layers: LayersPatch.nullish().describe('Replaces the whole ladder.'),
  rtmpTranscode: Flag.nullish().describe('Whether renditions are made of what RTMP encoders send.'),
  features: FeaturesPatch.nullish().describe('Feature flags; what is left out stays as it is.'),
  hwaccel: oneOf(['auto', 'gpu', 'cpu']).nullish().describe('What encodes.'),
  transcodingEnabled: Flag.nullish().describe('Whether the server makes renditions at all.'),
  encoding: oneOf(['h264', 'h264+vp8']).nullish().describe('What renditions are encoded as.'),
  vodAdaptive: Flag.nullish().describe('Whether recordings get renditions.'),
  vodRenditions: RenditionsPatch.nullish().describe('Replaces the renditions of recordings.'),
})

const NO_APP = { 404: 'no such app' }

/** The part of the configuration that is about pictures. */
export const config: RouteTable<Access, Who> = {
  'GET /apps/{app}/config': route({
    summary: 'Layers, transcoding and features of an app',
    access: 'config:read',
    params: AppParams,
    document: READ,
    variables: ({ params }) => params,
    reply: ({ app }: { app: Viewed }) => toView(app),
    success: { 200: { description: 'The configuration; no secrets.', schema: ConfigView } },
    errors: NO_APP,
  }),
  'PATCH /apps/{app}/config': route({
    summary: 'Change layers, transcoding and features of an app',
    access: 'config:write',
    params: AppParams,
    body: body(Patch),
    document: UPDATE,
    variables: ({ params: { app }, body: patch }) => ({
      app,
      config: {
        webrtc: { adaptive: patch.adaptive, layers: patch.layers },
        rtmp: { transcode: patch.rtmpTranscode },
        features: patch.features,
        transcoding: {
          enabled: patch.transcodingEnabled,
          encoding: patch.encoding && encodingName(patch.encoding),
          vodAdaptive: patch.vodAdaptive,
          vodRenditions: patch.vodRenditions,
          hwaccel: patch.hwaccel?.toUpperCase(),
        },
      },
    }),
    reply: ({ app }: { app: Viewed }) => toView(app),
    success: { 200: { description: 'The configuration as it is now.', schema: ConfigView } },
    errors: { ...NO_APP, 400: 'a field is wrong, or the present file can not be read' },
  }),
  'GET /apps/{app}/transcoding/layers': route({
    summary: 'The layers that browsers are asked for',
    access: 'config:read',
    params: AppParams,
    document: LAYERS,
    variables: ({ params }) => params,
    reply: ({ app }: { app: { config: Pick<MediaConfig, 'webrtc'> } }) => app.config.webrtc.layers,
    success: { 200: { description: 'The layers, best first.', schema: z.array(Layer) } },
    errors: NO_APP,
  }),
}

function toView({ name, config: { webrtc, rtmp, features, transcoding }, hwaccel }: Viewed) {
  const { requested, effective, type, reason } = hwaccel
  const hwaccelResolved = { requested: word(requested), effective: word(effective), type: word(type), reason }
  return { app: name, ...webrtc, rtmp, features, transcoding: { ...toTranscoding(transcoding), hwaccelResolved } }
}

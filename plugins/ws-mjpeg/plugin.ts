import { definePlugin } from '../kit/define-plugin.ts'
import { deliver } from '../kit/delivery.ts'
import { SenderReports } from '../kit/rtp/sender-reports.ts'
import { Audience } from './audience.ts'
import { Bridges } from './bridges.ts'
import { CameraKeys } from './camera-keys.ts'
import { Cameras } from './cameras.ts'
import { WsMjpegConfig } from './config.ts'
import { Door } from './door.ts'
import { Gallery } from './gallery.ts'
import { serveCameras, serveSocketViewers } from './http.ts'
import { Ingest } from './ingest.ts'
import { servePlayback } from './playback.ts'
import { REFUSALS } from './refusal.ts'
import { wsMjpegSchema } from './schema.ts'
import { Watch } from './watch.ts'

/** Lets small cameras send JPEGs over a WebSocket, and shows them as they are; over WebRTC too while somebody watches there. */
export default definePlugin({
  name: 'ws-mjpeg',
  version: '1.0.0',
  title: 'WebSocket cameras',
  description: 'Takes JPEGs of small cameras over a WebSocket, and shows them as they are or over WebRTC.',
  config: WsMjpegConfig,

  setup(host) {
    const { config, events, lifetime } = host
    const cameras = new Cameras()
    const gallery = new Gallery()
    const keys = new CameraKeys(host)
    const reports = new SenderReports()
    lifetime.add('sender reports', () => reports.close())
    const bridges = new Bridges(host, config, reports)
    lifetime.add('bridges', () => bridges.close())
    const audience = new Audience(host, gallery)
    lifetime.add('audience', () => audience.close())
    const door = new Door({ host, keys, cameras, config })
    const ingest = new Ingest({ host, config, door, cameras, gallery, audience, bridges })
    lifetime.add('cameras', () => ingest.close())
    const watch = new Watch(host, config, cameras, audience)
    lifetime.add('watch', () => watch.close())

    events.on('participant.left', ({ participant, reason }) => ingest.left(participant.id, reason))
    events.on('participant.tracksWanted', ({ participantId, wanted }) => {
      const camera = cameras.of(participantId)
      if (camera) bridges.follow(camera, wanted)
    })
    events.on('track.keyframeWanted', ({ participantId }) => {
      const camera = cameras.of(participantId)
      if (camera) bridges.keyframeWanted(camera)
    })
    events.on('participant.pictureWanted', ({ participantId, delivery }) => {
      const camera = cameras.of(participantId)
      if (camera) void deliver(delivery, camera.latest ? [camera.latest.jpeg] : [])
    })
    events.on('viewer.left', ({ viewer }) => audience.closed(viewer.id))
    events.on('app.changed', ({ app, change }) => {
      if (change === 'CHANGED') ingest.limit(app)
      if (change !== 'DELETED') return
      keys.forget(app.name)
      cameras.closeApp(app.name, REFUSALS.revoked, 'REQUESTED')
    })

    servePlayback(host, gallery, audience)
    serveCameras(host, ingest)
    serveSocketViewers(host, audience)
    return { schema: wsMjpegSchema({ core: host.core, keys, cameras, gallery }) }
  },
})

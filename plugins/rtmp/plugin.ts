import { keepSpareHost } from '../../native/host-process.ts'
import { definePlugin } from '../kit/define-plugin.ts'
import { deliver } from '../kit/delivery.ts'
import { inTurns } from '../kit/in-turns.ts'
import { SenderReports } from '../kit/rtp/sender-reports.ts'
import { RtmpConfig } from './config.ts'
import { PRELOADED } from './launch.ts'
import { Publishers } from './publishers.ts'
import { rtmpSchema } from './schema.ts'
import { RtmpServer } from './server.ts'
import { Sessions } from './sessions.ts'

/** More at once would only compete with each other. */
const PIPELINES_STARTING = 4

/** Lets RTMP encoders (OBS, ffmpeg, IP cameras) publish into rooms. */
export default definePlugin({
  name: 'rtmp',
  version: '1.0.0',
  title: 'RTMP ingest',
  description: 'Lets RTMP encoders such as OBS, ffmpeg and IP cameras publish into rooms.',
  config: RtmpConfig,

  async setup(host) {
    const { config, events, lifetime, log } = host
    const reports = new SenderReports()
    lifetime.add('sender reports', () => reports.close())
    // A viewer who waits for a bridge waits for its process to start, too.
    const spare = keepSpareHost({ preload: PRELOADED, log })
    lifetime.add('spare pipeline host', () => spare[Symbol.dispose]())
    const sessions = new Sessions()
    const pipelines = inTurns(host.pipelines, PIPELINES_STARTING)
    const publishers = new Publishers({ host: { ...host, pipelines }, config, sessions, reports })
    lifetime.add('refusals', () => publishers.close())
    const server = await RtmpServer.listen(config, log, publishers.accept)
    lifetime.add('rtmp server', () => server.close())
    lifetime.add('sessions', () => sessions.close())

    events.on('participant.left', ({ participant, reason }) => {
      const detail = reason === 'TAKEN_OVER' ? 'Another publisher took over.' : 'The stream was closed by the server.'
      sessions.of(participant.id)?.close('REQUESTED', detail)
    })
    events.on('track.keyframeWanted', ({ participantId, ssrc }) => sessions.of(participantId)?.keyframeWanted(ssrc))
    events.on('track.replayWanted', ({ participantId, delivery }) => {
      const session = sessions.of(participantId)
      if (session) void deliver(delivery, session.replay())
    })
    events.on('track.bridgeViewers', ({ participantId, count }) => sessions.of(participantId)?.bridgeViewers(count))

    log.info({ port: server.port, rtmpsPort: server.rtmpsPort }, 'listening for RTMP')
    return { schema: rtmpSchema(sessions, server) }
  },
})

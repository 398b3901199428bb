import { definePlugin } from '../kit/define-plugin.ts'
import { deliver } from '../kit/delivery.ts'
import { inTurns } from '../kit/in-turns.ts'
import { SenderReports } from '../kit/rtp/sender-reports.ts'
import { PullConfig } from './config.ts'
import { Pulls } from './pulls.ts'
import { pullSchema } from './schema.ts'

/** The protocol of ingresses that pull. */
const PROTOCOL = 'URL'
/** More at once would only compete with each other. */
const PIPELINES_STARTING = 4

/** Pulls cameras, HLS streams and files into rooms. */
export default definePlugin({
  name: 'pull',
  version: '1.0.0',
  title: 'Pulled sources',
  description: 'Pulls cameras by RTSP, HLS streams and files into rooms.',
  config: PullConfig,

  async setup(host) {
    const { apps, config, core, events, lifetime } = host
    const reports = new SenderReports()
    lifetime.add('sender reports', () => reports.close())
    const pulls = new Pulls({ host: { ...host, pipelines: inTurns(host.pipelines, PIPELINES_STARTING) }, config, reports })
    lifetime.add('pulls', () => pulls.close())

    events.on('ingress.changed', ({ ingress, change }) => {
      if (ingress.protocol !== PROTOCOL) return
      if (change === 'DELETED') pulls.remove(ingress.id)
      else pulls.add(ingress)
    })
    events.on('participant.left', ({ participant, reason }) => pulls.left(participant.id, reason))
    const mediaOf = (participantId: string) => pulls.ofParticipant(participantId)?.publication.media
    events.on('track.keyframeWanted', ({ participantId, ssrc }) => mediaOf(participantId)?.keyframeWanted(ssrc))
    events.on('track.bridgeViewers', ({ participantId, count }) => mediaOf(participantId)?.bridgeViewers(count))
    events.on('track.replayWanted', ({ participantId, delivery }) => {
      const media = mediaOf(participantId)
      if (media) void deliver(delivery, media.replay())
    })
    apps.onChange((app) => pulls.retry(app))
    for (const ingress of await core.ingresses.list({ protocol: PROTOCOL })) pulls.add(ingress)
    return { schema: pullSchema(pulls) }
  },
})

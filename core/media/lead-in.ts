import type { types } from 'mediasoup'
import type { Track } from '../room/track.ts'

/** The bridging stream comes first among a bridged track's encodings, the source second. */
const BRIDGE = { spatialLayer: 0 }
const SOURCE = { spatialLayer: 1 }
/** With keyframes that close together, in milliseconds, the next one is there before a bridge would be. */
const SHORT_GOP_MS = 600
/** How long a viewer waits for the bridging stream, in milliseconds, before it takes what there is. */
const BRIDGE_WITHIN_MS = 3_000
/** Time between two keyframe requests of a viewer who has no picture yet, in milliseconds. */
const ASK_AGAIN_MS = 300
/** Requests after which it is left at that: some viewers never connect. */
const MOST_REQUESTS = 30

/**
 * Shows a bridged track to a viewer who comes in the middle of a GOP: the bridging stream, as soon as its publisher makes
 * one, until the source has its next keyframe. Without a bridge the media worker falls back to the source by itself.
 *
 * The consumer has to be paused, and is resumed by the caller when this has resolved: a media worker that sees the source
 * first takes its clock for the viewer's, and then needs seconds to find out how the bridge's clock relates to it.
 */
export async function leadIn(consumer: types.Consumer, track: Track): Promise<void> {
  if ((track.info.gopMs ?? Number.POSITIVE_INFINITY) < SHORT_GOP_MS) {
    await consumer.setPreferredLayers(SOURCE)
    return
  }
  countUntilOnSource(consumer, track)
  askForPicture(consumer)
  await consumer.setPreferredLayers(BRIDGE)
  await bridgeFlows(consumer)
}

/** While viewers wait for a bridge, or watch it, its publisher keeps one. */
function countUntilOnSource(consumer: types.Consumer, track: Track): void {
  let counted = true
  track.bridgeViewers++
  const arrive = () => {
    if (counted) track.bridgeViewers--
    counted = false
  }
  consumer.observer.once('close', arrive)
  consumer.on('layerschange', (layers) => {
    if (!layers || consumer.closed) return
    if (layers.spatialLayer === SOURCE.spatialLayer) arrive()
    // Preferring the source while it has no keyframe keeps the bridge flowing until it has one.
    else consumer.setPreferredLayers(SOURCE).catch(() => {})
  })
}

/** A media worker asks once, and the keyframe may pass before the viewer can take it. */
function askForPicture(consumer: types.Consumer): void {
  let requests = 0
  const timer = setInterval(() => {
    if (!consumer.paused) void consumer.requestKeyFrame().catch(() => {}) // fails only when the consumer is gone
    if (++requests === MOST_REQUESTS) clearInterval(timer)
  }, ASK_AGAIN_MS)
  consumer.observer.once('close', () => clearInterval(timer))
  consumer.once('layerschange', () => clearInterval(timer))
}

function bridgeFlows(consumer: types.Consumer): Promise<void> {
  const flows = ({ producerScores }: types.ConsumerScore) => (producerScores[BRIDGE.spatialLayer] ?? 0) > 0
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      consumer.off('score', onScore)
      resolve()
    }
    const onScore = (score: types.ConsumerScore) => flows(score) && done()
    const timer = setTimeout(done, BRIDGE_WITHIN_MS)
    consumer.on('score', onScore)
    consumer.observer.once('close', done)
    if (consumer.closed || flows(consumer.score)) done()
  })
}

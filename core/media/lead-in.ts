import type { types } from 'mediasoup'
import type { Track } from '../room/track.ts'

/** The bridging stream comes first among a bridged track's encodings, the source second. */
const BRIDGE = { spatialLayer: 0 }
const SOURCE = { spatialLayer: 1 }

/**
 * Shows a bridged track to a viewer who comes in the middle of a GOP: the bridging stream, as soon as its publisher makes
 * one, until the source has its next keyframe. Without a bridge the media worker falls back to the source by itself.
 */
export async function leadIn(consumer: types.Consumer, track: Track): Promise<void> {
  let onSource = false
  const wait = (waits: boolean) => {
    if (onSource === !waits) return
    onSource = !waits
    track.bridgeViewers += waits ? 1 : -1
  }
  track.bridgeViewers++
  consumer.observer.once('close', () => wait(false))
  consumer.on('layerschange', (layers) => {
    if (!layers || consumer.closed) return
    wait(layers.spatialLayer === BRIDGE.spatialLayer)
    // Preferring the source while it has no keyframe keeps the bridge flowing until it has one.
    if (layers.spatialLayer === BRIDGE.spatialLayer) consumer.setPreferredLayers(SOURCE).catch(() => {})
  })
  await consumer.setPreferredLayers(BRIDGE)
}

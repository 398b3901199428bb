import type { types } from 'mediasoup'

/** The bridging stream comes first among a bridged track's encodings, the source second. */
const BRIDGE = { spatialLayer: 0 }
const SOURCE = { spatialLayer: 1 }

/**
 * Shows a bridged track to a viewer who comes in the middle of a GOP: the bridging stream, as soon as its publisher makes
 * one, until the source has its next keyframe. Without a bridge the media worker falls back to the source by itself.
 */
export async function leadIn(consumer: types.Consumer): Promise<void> {
  consumer.on('layerschange', (layers) => {
    // Preferring the source while it has no keyframe keeps the bridge flowing until it has one.
    if (layers?.spatialLayer === BRIDGE.spatialLayer && !consumer.closed) consumer.setPreferredLayers(SOURCE).catch(() => {})
  })
  await consumer.setPreferredLayers(BRIDGE)
}

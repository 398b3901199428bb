import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'
import type { TrackLayer } from '../../core/media/track-layers.ts'
import type { PreferredLayers } from '../../core/room/viewer.ts'
import type { CoreApi } from '../kit/core-api.ts'
import type { Remote } from '../kit/rpc.ts'
import { JSON_TYPE, readBody } from './body.ts'
import type { Resource } from './resource.ts'
import { sessionOf } from './session-resource.ts'

const MAX_SELECTION_BYTES = 4_096
const layer = z.int().min(0).max(15).optional()

const Selection = z.object({
  mediaId: z.string().max(32).optional(),
  encodingId: z.string().max(32).optional(),
  spatialLayerId: layer,
  temporalLayerId: layer,
  maxSpatialLayerId: layer,
  maxTemporalLayerId: layer,
})
type Selection = z.output<typeof Selection>

/** The layer selection of a WHEP session: POST `{ "encodingId": "h" }` to see that layer, `{}` to leave the choice to us. */
export function layersResource(core: Remote<CoreApi>): Resource {
  return {
    accepts: { 'accept-post': JSON_TYPE },
    on: {
      async POST(request, context) {
        const { ownerId } = await sessionOf(core, 'PLAY', request, context)
        const selection = parseSelection(await readBody(request, JSON_TYPE, MAX_SELECTION_BYTES))
        await core.viewers.preferLayers(ownerId, await preferred(core, ownerId, selection))
        return new Response()
      },
    },
  }
}

function parseSelection(text: string): Selection {
  try {
    return Selection.parse(JSON.parse(text))
  } catch {
    throw new MediaError('INPUT_INVALID', { field: 'layers', reason: 'a JSON object as the WHEP layer extension has it' })
  }
}

/** @throws {MediaError} `NOTHING_LIVE` when there is no video to choose a layer of, `INPUT_INVALID` when it has no such layer. */
async function preferred(core: Remote<CoreApi>, viewerId: string, selection: Selection): Promise<PreferredLayers | undefined> {
  const { mediaId, encodingId } = selection
  const temporal = selection.temporalLayerId ?? selection.maxTemporalLayerId
  const spatial = selection.spatialLayerId ?? selection.maxSpatialLayerId
  if (encodingId === undefined && spatial === undefined && temporal === undefined) return undefined

  const layers = await layersOf(core, viewerId, mediaId)
  const chosen = encodingId === undefined ? spatial : layers.find((candidate) => candidate.encodingId === encodingId)?.spatial
  if (encodingId !== undefined && chosen === undefined) {
    throw new MediaError('INPUT_INVALID', { field: 'encodingId', layers: layers.map((candidate) => candidate.encodingId) })
  }
  return { spatial: chosen ?? Math.max(0, layers.length - 1), ...(temporal !== undefined && { temporal }) }
}

async function layersOf(core: Remote<CoreApi>, viewerId: string, mediaId: string | undefined): Promise<TrackLayer[]> {
  const videos = (await core.viewers.plays(viewerId)).filter(({ track }) => track.kind === 'video')
  const [first] = videos
  if (!first) throw new MediaError('NOTHING_LIVE', { viewer: viewerId })
  const section = mediaId === undefined ? first : videos.find(({ mid }) => mid === mediaId)
  if (!section) throw new MediaError('INPUT_INVALID', { field: 'mediaId', sections: videos.map(({ mid }) => mid) })
  return core.tracks.layers(section.track.id)
}

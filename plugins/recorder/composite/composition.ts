import { messageOf } from '../../../core/kernel/errors.ts'
import type { TrackData } from '../../kit/core-api.ts'
import type { Host } from '../../kit/host.ts'
import type { RecorderConfig } from '../config.ts'
import type { Composition } from './composite-launch.ts'
import { usableEncoder } from './encoder.ts'
import { type Input, isMixable } from './inputs.ts'
import { type LayoutName, layOut, placesWith } from './layout.ts'
import type { Member } from './room-members.ts'

export type CompositeHost = Pick<Host<RecorderConfig>, 'core' | 'events' | 'pipelines' | 'config' | 'log'>

/**
 * Who is seen where and heard in a mix. Tracks that have just gone, and those whose codec can not be mixed, are left out.
 *
 * @param speaker Who leads the conversation, by the id of the participant.
 */
export async function compose(
  host: CompositeHost,
  members: readonly Member[],
  { layout: name, file, speaker }: { layout: LayoutName; file: string; speaker: string | undefined },
): Promise<Composition> {
  const { clusterMs, composite: canvas } = host.config
  const found = await Promise.all(members.flatMap((member) => member.tracks.map((track) => inputOf(host, member, track))))
  const available = found.filter((input) => input !== undefined)
  const visible = available.filter(({ track }) => track.kind === 'video')
  const layout = layOut(name, visible.length, canvas)
  const shown = visible.slice(0, layout.homes.length)
  const inputs = available.filter((input) => input.track.kind === 'audio' || shown.includes(input))
  const pictures = shown.map((input) => inputs.indexOf(input))
  const measured = layout.homes.some((homes) => homes.length > 1)
  const composition = { canvas, encoder: await usableEncoder(host, canvas), inputs, pictures, layout, measured, file, clusterMs }
  return { ...composition, places: placesWith(layout, pictureOf(composition, speaker)) }
}

/** Undefined for a track that has just gone, or can not be mixed. */
async function inputOf({ core, log }: CompositeHost, member: Member, track: TrackData): Promise<Input | undefined> {
  if (!isMixable(track.codec)) {
    log.warn({ room: track.room, participant: member.id, codec: track.codec }, 'a track is left out: its codec can not be mixed')
    return undefined
  }
  try {
    return { track, format: await core.tracks.format(track.id), member }
  } catch (error) {
    log.debug({ track: track.id, reason: messageOf(error) }, 'a track is left out')
    return undefined
  }
}

/** The picture of a participant; the first when it has none. */
export function pictureOf({ inputs, pictures }: Pick<Composition, 'inputs' | 'pictures'>, member: string | undefined): number {
  const picture = pictures.findIndex((index) => inputs[index]?.member.id === member)
  return Math.max(picture, 0)
}

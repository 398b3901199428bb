import { buffer } from 'node:stream/consumers'
import { MediaError } from '../../core/kernel/errors.ts'
import type { ParticipantInfo, RoomInfo } from '../kit/core-api.ts'
import { type CaptureHost, type CaptureOptions, capture } from './capture.ts'
import { Inbox } from './inbox.ts'

/** A camera that keeps its last picture has brought it by then, in milliseconds. */
const ANSWER_WITHIN_MS = 1_000

/**
 * The picture that a room, or one who publishes there, shows at the moment: from a camera that makes tracks on demand its last
 * one, from everybody else what the first video track shows.
 *
 * @param identity Absent: whoever has a picture.
 * @throws {MediaError} `PARTICIPANT_NOT_FOUND`, `NO_PICTURE`, or as `capture` does.
 */
export async function still(host: CaptureHost, room: RoomInfo, identity: string | undefined, options: CaptureOptions): Promise<Buffer> {
  const candidates = room.participants.filter((participant) => identity === undefined || participant.identity === identity)
  if (identity !== undefined && candidates.length === 0) throw new MediaError('PARTICIPANT_NOT_FOUND', { room: room.name, identity })
  for (const participant of candidates) {
    const jpeg = await pictureOf(host, participant, options)
    if (jpeg) return jpeg
  }
  throw new MediaError('NO_PICTURE', { room: room.name, ...(identity !== undefined && { identity }) })
}

async function pictureOf(host: CaptureHost, participant: ParticipantInfo, options: CaptureOptions): Promise<Buffer | undefined> {
  if (participant.onDemand) return lastPictureOf(host, participant)
  const video = participant.tracks.find(({ kind, muted }) => kind === 'video' && !muted)
  if (!video) return undefined
  try {
    return await capture(host, video, options)
  } catch (error) {
    if (error instanceof MediaError && error.code === 'TIMEOUT') return undefined
    throw error
  }
}

async function lastPictureOf({ core }: CaptureHost, { id }: ParticipantInfo): Promise<Buffer | undefined> {
  using inbox = await Inbox.open()
  await core.participants.picture(id, inbox.delivery)
  const delivered = await inbox.delivered(AbortSignal.timeout(ANSWER_WITHIN_MS)).catch(() => undefined)
  if (!delivered) return undefined
  const jpeg = await buffer(delivered)
  return jpeg.length > 0 ? jpeg : undefined
}

import { RoomSource } from './composite/room-source.ts'
import type { RecorderHost } from './host.ts'
import { ParticipantSource } from './participant-source.ts'
import type { Source } from './source.ts'
import type { RecordingRow } from './store.ts'

/** What a row is a recording of. */
export function sourceOf(
  host: RecorderHost,
  { room, identity, mode, layout }: Pick<RecordingRow, 'room' | 'identity' | 'mode' | 'layout'>,
): Source {
  return mode === 'PARTICIPANT' && identity !== null ? new ParticipantSource(host, room, identity) : new RoomSource(host, room, layout)
}

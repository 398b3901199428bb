import type { Participant } from '../room/participant.ts'
import type { Room } from '../room/room.ts'

/** How many are in a room: whoever is there at all, those who publish, and those who watch, by whatever way. */
export type Headcount = { readonly participants: number; readonly publishers: number; readonly viewers: number }

/** Counts who is in a room. Whoever is hidden does not count as a viewer, unless watching is what it came for. */
export function headcount({ participants, audience }: Room): Headcount {
  const present = [...participants.values()]
  const publishers = present.filter(({ publishing }) => publishing).length
  const all = present.length + audience.length
  return { participants: all, publishers, viewers: all - publishers - present.filter(isUncounted).length }
}

function isUncounted({ hidden, audience, publishing }: Participant): boolean {
  return hidden && !audience && !publishing
}

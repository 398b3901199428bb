import { allows, type Caller } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import type { Core } from '../core/core.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { Participant } from '../core/room/participant.ts'
import type { Room } from '../core/room/room.ts'
import type { ConsumerEvent, Peer, TransportEvent } from '../core/signalling/peer.ts'
import { nameIn } from './global-ids.ts'

type Watcher = { readonly core: Core; readonly caller: Caller }

/**
 * The full name of a room whose events the caller asks for: whoever may observe the server, or play what is in that room, gets them.
 *
 * @param room Absent: all rooms, for those who may observe.
 * @throws {MediaError} `UNAUTHENTICATED` or `FORBIDDEN`.
 */
export function watchedRoom({ core, caller }: Watcher, room: string | null | undefined): string | undefined {
  if (room == null) {
    requireGrant(caller, 'OBSERVE')
    return undefined
  }
  const name = nameIn(room)
  const app = core.apps.owning(name)
  if (!allows(caller, 'OBSERVE', { tenant: app.tenant, app: app.name, room: name }))
    core.access.require(caller, 'PLAY', { app, room: name })
  return name
}

/**
 * Answers an event of a room to whom it may still be told: the room's name may lead into somebody else's app by now.
 *
 * @throws {MediaError} as `watchedRoom` does.
 */
export function stillWatched<Event>(event: Event, { room }: { room?: string | null | undefined }, context: Watcher): Event {
  watchedRoom(context, room)
  return event
}

/** Whether the caller may see more of a room than what is played in it, such as addresses of people. */
export function mayObserve(caller: Caller, { name, app }: Room): boolean {
  return allows(caller, 'OBSERVE', { tenant: app.tenant, app: app.name, room: name })
}

/** Whether the caller is told of a participant: of hidden ones only they themselves are, and whoever may observe. */
export function isToldOf(caller: Caller, { hidden, identity, room }: Participant): boolean {
  return !hidden || mayObserve(caller, room) || (caller.room === room.name && caller.joining?.identity === identity)
}

type PeerTopics = { transport: TransportEvent; consumer: ConsumerEvent }

/**
 * What happens to one peer's own things, until it has left. Following them is a sign of life of the peer.
 *
 * @param keyOf Of events with the same key a slow follower gets only the latest.
 */
export function peerEvents<Topic extends keyof PeerTopics, Event extends object>(
  peer: Peer,
  topic: Topic,
  { keyOf, wanted }: { keyOf: (event: Event) => unknown; wanted: (event: PeerTopics[Topic]) => boolean },
): Feed<Event | PeerTopics[Topic]> {
  const release = peer.presence.watched()
  const follow = (event: PeerTopics[Topic]) => {
    if (wanted(event)) feed.push(event)
  }
  const end = () => feed.end()
  const feed = new Feed<Event | PeerTopics[Topic]>({
    keyOf: keyOf as (event: Event | PeerTopics[Topic]) => unknown,
    limit: 10_000,
    onEnd: () => {
      peer.events.off(topic, follow as never).off('left', end)
      release()
    },
  })
  peer.events.on(topic, follow as never).once('left', end)
  return feed
}

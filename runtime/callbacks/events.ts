import { randomBytes } from 'node:crypto'
import type { App } from '../../core/app/app.ts'
import type { Core } from '../../core/core.ts'
import type { Ingress } from '../../core/ingress/ingress.ts'
import type { Participant } from '../../core/room/participant.ts'
import type { Room } from '../../core/room/room.ts'
import type { Track } from '../../core/room/track.ts'
import type { RoomMessage } from '../../core/signalling/room-message.ts'
import type { Stream } from '../../core/stream/stream.ts'
import { inputType, streamType, trackSource } from './words.ts'

/** Tells an app's receiver that something happened. `data.room`, where there is one, is said of the whole callback too. */
export type Tell = (app: App, event: string, data: Readonly<Record<string, unknown>>) => void

/**
 * Says in StreamHub's words what happens in core. What a stream is comes before the rooms, tracks and ingresses that it is made of:
 * core tells of a stream while it hears of its first track, so that these listeners, being later, hear of the stream first.
 */
export function tellCoreEvents({ apps, events, ingresses }: Pick<Core, 'apps' | 'events' | 'ingresses'>, tell: Tell): void {
  /** Through which ingress the streams came that are live. */
  const cameBy = new WeakMap<Stream, Ingress>()

  events.on('stream.started', (stream) => {
    const ingress = ingresses.list().find((one) => one.configured && one.participant === stream.participant)
    if (ingress) cameBy.set(stream, ingress)
    tell(stream.app, 'stream_started', streamData(stream, ingress))
    if (ingress) tellIngress(stream, 'ingress_started', ingress)
  })
  events.on('stream.ended', (stream) => {
    const ingress = cameBy.get(stream)
    tell(stream.app, 'stream_ended', streamData(stream, ingress))
    if (ingress) tellIngress(stream, 'ingress_ended', ingress)
  })
  events.on('ingress.refused', (ingress, reason) => {
    // Whoever publishes by it already goes on.
    if (ingress.participant) return
    const { id: ingressId, app, room, identity: participant, protocol } = ingress
    tell(apps.get(app), 'stream_ended', {
      streamId: `${room}/${participant}`,
      room,
      type: streamType(protocol),
      participant,
      ingressId,
      reason,
    })
  })
  events.on('room.opened', (room) => tell(room.app, 'room_started', raw(room)))
  events.on('room.closed', (room) => tell(room.app, 'room_finished', raw(room)))
  events.on('participant.joined', (participant) => tell(participant.room.app, 'participant_joined', participantData(participant)))
  events.on('participant.left', (participant) => tell(participant.room.app, 'participant_left', participantData(participant)))
  events.on('track.published', (track) => tell(track.participant.room.app, 'track_published', trackData(track)))
  events.on('track.unpublished', (track) => tell(track.participant.room.app, 'track_unpublished', trackData(track)))
  events.on('chat.message', (said) =>
    tell(said.app, 'chat_message', { ...messageData(said), message: said.message, ts: said.at.toISOString() }),
  )
  events.on('chat.reaction', (said) =>
    tell(said.app, 'reaction', { ...messageData(said), reaction: said.reaction, ts: said.at.toISOString() }),
  )

  /** Pictures that come one by one are no ingress to StreamHub. */
  function tellIngress({ app, room }: Stream, event: string, { id, protocol }: Ingress): void {
    const type = inputType(protocol)
    if (type) tell(app, event, { ...raw({ name: room }), ingress: { ingressId: id, inputType: type, roomName: room } })
  }
}

function streamData({ name, room, kind, identity }: Stream, ingress: Ingress | undefined) {
  return { streamId: name, room, type: streamType(kind), participant: identity, ...(ingress && { ingressId: ingress.id }) }
}

function raw({ name }: Pick<Room, 'name'>) {
  return { room: name, eventId: `EV_${randomBytes(9).toString('base64url')}`, createdAt: Math.floor(Date.now() / 1_000) }
}

function participantData({ id, identity, name, hidden, room }: Participant) {
  return { ...raw(room), participant: { identity, name, sid: id, hidden } }
}

function trackData({ id, kind, muted, info, participant }: Track) {
  const source = trackSource(kind, info.source)
  return { ...participantData(participant), track: { sid: id, type: kind.toUpperCase(), source, muted } }
}

function messageData({ room, stream, topic, from }: RoomMessage) {
  return { room, streamId: stream, topic, from }
}

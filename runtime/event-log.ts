import type { Core } from '../core/core.ts'
import type { Ingress } from '../core/ingress/ingress.ts'
import type { Log } from '../core/kernel/log.ts'
import type { Participant } from '../core/room/participant.ts'
import type { Room } from '../core/room/room.ts'
import type { Track } from '../core/room/track.ts'
import type { Viewer } from '../core/room/viewer.ts'
import type { Task } from '../core/tasks/task.ts'
import type { PluginHost } from './host/plugin-host.ts'

/** Tasks whose failures are told in other words already. */
const TOLD_ELSEWHERE = new Set(['PLUGIN', 'MEDIA_WORKER'])

/**
 * Writes what happens into the log, with the same names for the same ids in every line: `app`, `room`, `participant`, `track`,
 * `viewer`, `ingress`, `plugin`, `task`, `mediaWorker`. The id of a WebRTC session is in none: whoever knows it may end it.
 */
export function logEvents({ events, tasks }: Core, host: PluginHost, log: Log): void {
  events.on('room.opened', (room) => log.info({ ...ofRoom(room), mediaWorker: room.media.worker.index }, 'room opened'))
  events.on('room.closed', (room, reason) => log.info({ ...ofRoom(room), reason }, 'room closed'))
  events.on('participant.joined', (participant) => {
    const { identity, kind, remoteAddress: from } = participant
    log.info({ ...ofParticipant(participant), identity, kind, from }, 'participant joined')
  })
  events.on('participant.left', (participant, reason) => log.info({ ...ofParticipant(participant), reason }, 'participant left'))
  events.on('track.published', (track) => {
    const { kind, codec } = track
    log.info({ ...ofTrack(track), kind, codec }, 'track published')
  })
  events.on('track.remade', (track) => log.info(ofTrack(track), 'track re-made'))
  events.on('track.unpublished', (track, reason) => log.info({ ...ofTrack(track), codec: track.codec, reason }, 'track unpublished'))
  // A room may have thousands of these.
  events.on('viewer.joined', (viewer) => {
    const { kind, remoteAddress: from, userAgent } = viewer
    log.debug({ ...ofViewer(viewer), kind, from, userAgent }, 'viewer joined')
  })
  events.on('viewer.left', (viewer, reason) => log.debug({ ...ofViewer(viewer), reason }, 'viewer left'))
  events.on('ingress.changed', (ingress, change) => log.info(ofIngress(ingress), whatOf(ingress, change)))
  events.on('app.changed', ({ name, settings }, change) => log.info({ app: name, settings }, `app ${change.toLowerCase()}`))
  events.on('server.managed', ({ id: caller, remoteAddress: from }, action, target) =>
    log.info({ caller, from, action, target }, 'managed'),
  )
  events.on('mediaWorker.replaced', ({ index, pid }) => log.info({ mediaWorker: index, pid }, 'media worker replaced'))
  events.on('node.changed', ({ id: node, name, address: from }, change) => {
    // A heartbeat is a change as well.
    if (change !== 'CHANGED') log.info({ node, name, from }, `node ${change === 'CREATED' ? 'joined' : 'removed'}`)
  })
  host.events.on('state', ({ name: plugin, state }) => log.info({ plugin, state }, `plugin is ${state.toLowerCase()}`))
  tasks.events.on('changed', (task) => logTask(task, log))
}

function logTask(task: Task, log: Log): void {
  const { type, name, state, lastError } = task
  const failed = (state === 'FAILED' || state === 'RESTARTING') && !TOLD_ELSEWHERE.has(type)
  log[failed ? 'warn' : 'debug']({ ...ofTask(task), type, name, ...(failed && { reason: lastError }) }, `task is ${state.toLowerCase()}`)
}

function whatOf({ configured, state }: Ingress, change: 'CREATED' | 'CHANGED' | 'DELETED'): string {
  if (state === 'LIVE') return 'ingress is live'
  return configured && change !== 'CHANGED' ? `ingress ${change.toLowerCase()}` : 'ingress is idle'
}

function ofRoom({ app, name }: Room) {
  return { app: app.name, room: name }
}

function ofParticipant({ room, id }: Participant) {
  return { ...ofRoom(room), participant: id }
}

function ofTrack({ participant, id }: Track) {
  return { ...ofParticipant(participant), track: id }
}

function ofViewer({ room, id }: Viewer) {
  return { ...ofRoom(room), viewer: id }
}

function ofIngress({ id, app, room, protocol, identity, participant }: Ingress) {
  return { app, room, ingress: id, protocol, identity, ...(participant && { participant: participant.id }) }
}

function ofTask({ id, owner }: Task) {
  return { task: id, ...(owner !== 'core' && { plugin: owner }) }
}

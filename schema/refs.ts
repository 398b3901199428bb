import type { App } from '../core/app/app.ts'
import type { Ingress } from '../core/ingress/ingress.ts'
import type { Participant } from '../core/room/participant.ts'
import type { Room } from '../core/room/room.ts'
import type { Track } from '../core/room/track.ts'
import type { Viewer } from '../core/room/viewer.ts'
import type { Task } from '../core/tasks/task.ts'
import { builder } from './builder.ts'
import type { PluginView } from './context.ts'

/** The types that refer to each other; each is described in the file of its name. */
export const AppType = builder.objectRef<App>('App')
export const RoomType = builder.objectRef<Room>('Room')
export const ParticipantType = builder.objectRef<Participant>('Participant')
export const TrackType = builder.objectRef<Track>('Track')
export const ViewerType = builder.objectRef<Viewer>('Viewer')
export const IngressType = builder.objectRef<Ingress>('Ingress')
export const TaskType = builder.objectRef<Task>('Task')
export const PluginType = builder.objectRef<PluginView>('Plugin')

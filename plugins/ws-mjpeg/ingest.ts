import { MediaError } from '../../core/kernel/errors.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Host, PluginTask } from '../kit/host.ts'
import type { Audience } from './audience.ts'
import type { Bridges } from './bridges.ts'
import { Camera } from './camera.ts'
import type { CameraKey } from './camera-key.ts'
import type { Cameras } from './cameras.ts'
import type { WsMjpegConfig } from './config.ts'
import type { Limits } from './connection.ts'
import type { Admitted, Door, Knock } from './door.ts'
import type { Gallery } from './gallery.ts'
import { REFUSALS, type Refusal, Refused, refuse } from './refusal.ts'

const KIND = 'WS_MJPEG'
const MAX_IDENTITY_CHARS = 64

type IngestOptions = {
  host: Pick<Host, 'core' | 'tasks' | 'log'>
  config: WsMjpegConfig
  door: Door
  cameras: Cameras
  gallery: Gallery
  audience: Audience
  bridges: Bridges
}

/** What a participant's end from outside means to its device. */
const ENDS: Partial<Record<CloseReason, Refusal>> = { SHUTDOWN: REFUSALS.goingAway, PLUGIN_STOPPED: REFUSALS.goingAway }

/** Lets cameras in, and out: each is a participant of its room from the first to the last moment of its connection. */
export class Ingest {
  readonly #of: IngestOptions
  readonly #tasks = new Map<Camera, PluginTask>()

  constructor(options: IngestOptions) {
    this.#of = options
  }

  /** Nothing is read of what the device sends before it is let in. */
  async take(knock: Knock): Promise<void> {
    const { socket } = knock
    socket.pause()
    try {
      await this.#of.door.knock(knock, (admitted) => this.#enter(knock, admitted))
    } catch (error) {
      if (!(error instanceof Refused))
        this.#of.host.log.error({ err: error, app: knock.app, room: knock.room }, 'no camera could be let in')
      refuse(socket, error instanceof Refused ? error.refusal : REFUSALS.unavailable)
    }
    socket.resume()
  }

  /** Core says that the participant has left, which is news when it was not the device that went. */
  left(participantId: string, reason: CloseReason): void {
    this.#of.cameras.of(participantId)?.close(ENDS[reason] ?? REFUSALS.stopped, reason)
  }

  /** What an app permits has changed. */
  limit(app: AppInfo): void {
    for (const camera of this.#of.cameras.inApp(app.name)) {
      if (app.config.features.wsIngest.enabled) camera.limits = limitsOf(app)
      else camera.close(REFUSALS.disabled, 'REFUSED')
    }
  }

  close(): void {
    for (const camera of [...this.#of.cameras]) camera.close(REFUSALS.goingAway, 'PLUGIN_STOPPED')
  }

  async #enter({ socket, remoteAddress }: Knock, { app, key, identity, isRevoked }: Admitted): Promise<void> {
    const { cameras, config } = this.#of
    const limits = limitsOf(app)
    const present = cameras.ofKey(key.id)
    // The same camera under another name is another participant.
    if (present && present.wantedIdentity !== identity) present.close(REFUSALS.replaced, 'TAKEN_OVER')
    const camera = cameras.ofKey(key.id) ?? (await this.#join(app, key, identity, remoteAddress))
    // From here on whoever takes the key back, or removes the participant, finds the camera.
    if (await isRevoked()) camera.close(REFUSALS.revoked, 'REQUESTED')
    if (camera.closed) throw new Refused(REFUSALS.stopped)
    if (socket.readyState !== socket.OPEN && !camera.connection) return camera.close(REFUSALS.replaced, 'DISCONNECTED')

    const replaced = camera.connection
    const connection = camera.connect(socket, limits)
    replaced?.close(REFUSALS.replaced, 'TAKEN_OVER')
    connection.send({
      type: 'ready',
      room: key.room,
      streamId: camera.name,
      maxFps: limits.maxFps,
      maxFrameBytes: limits.maxFrameBytes,
      idleTimeoutSec: Math.ceil(config.idleTimeoutMs / 1_000),
    })
  }

  async #join({ name: app, config }: AppInfo, key: CameraKey, wantedIdentity: string, remoteAddress: string | undefined): Promise<Camera> {
    const { host, cameras, bridges, audience } = this.#of
    const newcomer = { app, room: key.room, kind: KIND, publishing: true, ...(remoteAddress !== undefined && { remoteAddress }) }
    const { id: participantId, identity } = await host.core.participants
      .join({ ...newcomer, identity: wantedIdentity })
      .catch((error: unknown) => {
        if (!isMediaError(error, 'IDENTITY_TAKEN')) throw error
        // Another camera of the room is called so; both are shown to be there.
        return host.core.participants.join({ ...newcomer, identity: distinct(wantedIdentity, key) })
      })
      .catch((error: unknown) => {
        throw isMediaError(error, 'PLUGIN_DISABLED') ? new Refused(REFUSALS.disabled) : error
      })
    const camera: Camera = new Camera({
      key,
      identity,
      wantedIdentity,
      participantId,
      onFrame: (_camera, frame) => {
        this.#of.gallery.open(key.room).take(camera, frame)
        bridges.frame(camera, frame)
      },
      onClosed: (_camera, reason) => this.#ended(camera, reason),
    })
    const task = host.tasks.open({
      type: 'INGRESS',
      name: `${KIND} ${camera.name}`,
      stop: async () => camera.close(REFUSALS.stopped, 'REQUESTED'),
    })
    task.running()
    this.#tasks.set(camera, task)
    cameras.add(camera)
    bridges.add(camera, task, config.features.wsIngest.maxFps)
    void audience.opened(key.room)
    try {
      bridges.follow(camera, await host.core.participants.tracksWanted(participantId))
    } catch (error) {
      if (!isMediaError(error, 'PARTICIPANT_NOT_FOUND')) throw error
      camera.close(REFUSALS.stopped, 'REQUESTED')
    }
    host.log.info({ app, room: key.room, identity, participant: participantId, from: remoteAddress }, 'a camera has come')
    return camera
  }

  #ended(camera: Camera, reason: CloseReason): void {
    const { host, cameras, gallery, bridges } = this.#of
    const { participantId, key, identity } = camera
    cameras.remove(camera)
    bridges.remove(camera)
    gallery.find(key.room)?.remove(camera)
    gallery.settle(key.room)
    this.#tasks.get(camera)?.stopped()
    this.#tasks.delete(camera)
    host.core.participants.leave(participantId, reason).catch(() => {}) // core is gone, and with it the room
    host.log.info({ app: key.app, room: key.room, identity, participant: participantId, reason }, 'a camera has gone')
  }
}

function limitsOf({ config }: AppInfo): Limits {
  const { maxFps, maxFrameKb } = config.features.wsIngest
  return { maxFps, maxFrameBytes: maxFrameKb * 1_024 }
}

function distinct(identity: string, { id }: CameraKey): string {
  const end = `-${id.slice(-6)}`
  return identity.slice(0, MAX_IDENTITY_CHARS - end.length) + end
}

function isMediaError(error: unknown, code: MediaError['code']): boolean {
  return error instanceof MediaError && error.code === code
}

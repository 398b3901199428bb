import { Access } from './access/access.ts'
import type { Grant } from './access/caller.ts'
import { JoinTokens } from './access/join-tokens.ts'
import { type LoginSettings, Logins } from './access/logins.ts'
import { Quotas } from './access/quotas.ts'
import { type LiveKitKey, ServerKeys } from './access/server-keys.ts'
import { Tenants } from './access/tenants.ts'
import { Tokens } from './access/tokens.ts'
import { Users } from './access/users.ts'
import type { AppEnvironment } from './app/app-secrets.ts'
import { Apps } from './app/apps.ts'
import { type ClusterOptions, Nodes } from './cluster/nodes.ts'
import { type CoreEvents, coreEvents } from './events/events.ts'
import { Ingresses } from './ingress/ingresses.ts'
import type { AddressSet } from './kernel/addresses.ts'
import { Lifetime } from './kernel/lifetime.ts'
import type { Log } from './kernel/log.ts'
import { OutboundPolicy } from './kernel/outbound.ts'
import { MediaWorkers } from './media/media-workers.ts'
import { PlayerOverlays } from './player/overlays.ts'
import { Players } from './player/players.ts'
import { Rooms } from './room/rooms.ts'
import { TrackDemand } from './room/track-demand.ts'
import { RoomData } from './signalling/room-data.ts'
import { RoomTalk } from './signalling/room-talk.ts'
import { type IceServer, Signalling } from './signalling/signalling.ts'
import { openStore, type Store } from './store/database.ts'
import { StreamArchive } from './stream/stream-archive.ts'
import { Streams } from './stream/streams.ts'
import { Tasks } from './tasks/tasks.ts'
import { WebRtcSessions } from './webrtc/sessions.ts'

export type CoreOptions = {
  dataDir: string
  databaseUrl?: string
  /** Media workers to run; one per CPU is best. */
  workers: number
  workerBin: string
  rtcPort: number
  announcedAddresses: readonly string[]
  /** What callers without a credential may do on this server. */
  anonymousGrants: readonly Grant[]
  /** STUN and TURN servers that WebRTC clients are told. */
  iceServers: readonly IceServer[]
  /** Viewers any room may have; 0, the default: as many as come. */
  viewerLimit?: number
  /** How people log in; absent: nobody does. */
  logins?: LoginSettings
  /** Private addresses that pulls, pushes and callbacks may reach: all, these, or, the default, none. */
  privateAddresses?: boolean | AddressSet
  /** Signs join tokens; absent: a key that the first start makes. */
  liveKit?: LiveKitKey
  /** How other servers join this one. */
  cluster: ClusterOptions
  /** Environment variables that hold secrets of apps, by name. */
  appEnvironment?: AppEnvironment
  log: Log
}

/** The domain, whole: what an API or a plugin can ask for. It knows neither. */
export type Core = {
  readonly store: Store
  readonly events: CoreEvents
  readonly tasks: Tasks
  readonly keys: ServerKeys
  readonly tokens: Tokens
  readonly tenants: Tenants
  readonly users: Users
  readonly logins: Logins
  readonly quotas: Quotas
  readonly joinTokens: JoinTokens
  readonly access: Access
  readonly apps: Apps
  readonly workers: MediaWorkers
  readonly rooms: Rooms
  readonly demand: TrackDemand
  readonly ingresses: Ingresses
  readonly streams: Streams
  readonly sessions: WebRtcSessions
  readonly signalling: Signalling
  readonly roomData: RoomData
  readonly talk: RoomTalk
  readonly overlays: PlayerOverlays
  readonly players: Players
  readonly nodes: Nodes
  /** Where the server may connect to when somebody else names the address. */
  readonly outbound: OutboundPolicy
  /** Ends when the rooms are closed and the databases of apps are not: for whoever has to write what it heard of that. */
  readonly written: Lifetime
}

/** Starts the domain: store first, then media workers. `lifetime` closes it in reverse. */
export async function startCore(options: CoreOptions, lifetime: Lifetime): Promise<Core> {
  const { dataDir, databaseUrl, log, anonymousGrants, viewerLimit = 0 } = options
  const events = coreEvents()
  const tasks = new Tasks()

  const keys = await ServerKeys.load(dataDir, options.liveKit)
  const [store, workers] = await Promise.all([
    openStore({ dataDir, ...(databaseUrl !== undefined && { url: databaseUrl }) }),
    MediaWorkers.start(options.workers, options, tasks),
  ])
  lifetime.add('store', () => store.close())
  lifetime.add('media workers', () => workers.close())
  workers.events.on('died', (worker) => events.emit('mediaWorker.died', worker))
  workers.events.on('replaced', (worker) => events.emit('mediaWorker.replaced', worker))

  const outbound = new OutboundPolicy(options.privateAddresses ?? false)
  const apps = await Apps.load({ store, events, keys, outbound, environment: options.appEnvironment ?? new Map(), dataDir, log })
  lifetime.add('apps', () => apps.close())
  const archive = new StreamArchive(log)
  lifetime.add('streams', () => archive.close())
  const written = new Lifetime(log)
  lifetime.add('what was still to be written', () => written.close())
  const tokens = await Tokens.load({ store, apps, events, log })
  lifetime.add('tokens', () => tokens.close())
  const tenants = await Tenants.load({ store, apps })
  const users = await Users.load({ store, tenants })
  const logins = await Logins.load({ store, users, tenants, settings: options.logins ?? { signUp: false }, log })
  lifetime.add('logins', () => logins.close())
  const demand = new TrackDemand(events)
  const rooms = new Rooms({ apps, workers, events, log, viewerLimit })
  lifetime.add('rooms', () => rooms.close('SHUTDOWN'))
  // So that what ends with them is still written into the app's own database.
  apps.beforeDelete((app) => rooms.closeThoseOf(app))
  const quotas = await Quotas.load({ store, tenants, apps, rooms, log })
  lifetime.add('quotas', () => quotas.close())
  const joinTokens = new JoinTokens({ key: keys.liveKit, apps, quotas })
  const verifiers = [tokens, logins, joinTokens].map((one) => (secret: string, remoteAddress?: string) => one.verify(secret, remoteAddress))
  const access = new Access(verifiers, anonymousGrants)
  const ingresses = await Ingresses.load({ store, apps, rooms, access, keys, quotas, events, log })
  const streams = new Streams({ archive, ingresses, events, log })
  const sessions = new WebRtcSessions({ apps, rooms, ingresses, access, events, log })
  const signalling = new Signalling({ apps, rooms, access, events, iceServers: options.iceServers })
  const roomData = new RoomData({ peersIn: (room) => signalling.peersIn(room), events, log })
  const talk = new RoomTalk({ rooms, data: roomData })
  const overlays = new PlayerOverlays(events)
  const players = new Players({ rooms, events })
  const nodes = await Nodes.load({ store, events, options: options.cluster, lifetime })
  return {
    store,
    events,
    tasks,
    keys,
    tokens,
    tenants,
    users,
    logins,
    quotas,
    joinTokens,
    access,
    apps,
    workers,
    rooms,
    demand,
    ingresses,
    streams,
    sessions,
    signalling,
    roomData,
    talk,
    overlays,
    players,
    nodes,
    outbound,
    written,
  }
}

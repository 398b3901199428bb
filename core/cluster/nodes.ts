import { randomUUID } from 'node:crypto'
import { isSameSecret } from '../access/passwords.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Lifetime } from '../kernel/lifetime.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { nodes as nodesTable } from '../store/tables.ts'
import { checkChange, checkedStats, checkNewcomer, type NewNode, type NodeChange, type NodeStats } from './node-input.ts'

/** Without a heartbeat for longer than this, a node counts as gone, in milliseconds. */
const STALE_MS = 90_000
const OWN_HEARTBEAT_MS = 30_000
/** What this server is called among its nodes, and its id there. */
const ORIGIN = 'origin'

export type NodeStatus = 'ACTIVE' | 'DRAINING' | 'DISABLED'
export type Node = Omit<typeof nodesTable.$inferSelect, 'status'> & { readonly status: NodeStatus }

export type ClusterOptions = {
  /** What nodes present; absent: none may join. */
  token?: string
  /** Where this server is reached. */
  url: string
  /** The same for WebSockets, when the operator names it. */
  publicWsUrl?: string
  /** The Redis that nodes share. */
  redisUrl?: string
}

type NodesDependencies = { store: Store; events: CoreEvents; options: ClusterOptions; lifetime: Lifetime }

/** The servers that joined this one, and how long ago each was heard of. */
export class Nodes {
  readonly #store: Store
  readonly #events: CoreEvents
  /** What nodes present, and what they are told in return. */
  readonly options: Readonly<ClusterOptions>
  readonly #byId = new Map<string, Node>()

  private constructor({ store, events, options }: NodesDependencies) {
    this.#store = store
    this.#events = events
    this.options = options
  }

  static async load(dependencies: NodesDependencies): Promise<Nodes> {
    const { store, options, lifetime } = dependencies
    const nodes = new Nodes(dependencies)
    for (const row of await store.select().from(nodesTable)) nodes.#byId.set(row.id, row)
    if (options.token === undefined) return nodes
    await nodes.#listItself(options.url)
    // One that can't be written counts all the same, and the next is written again.
    const beating = setInterval(() => void nodes.#seen(nodes.get(ORIGIN), {}).catch(() => {}), OWN_HEARTBEAT_MS)
    beating.unref()
    lifetime.add('own heartbeat', () => clearInterval(beating))
    return nodes
  }

  /** Whether nodes may join. */
  get enabled(): boolean {
    return this.options.token !== undefined
  }

  /** This server first, then in the order of joining. */
  list(): Node[] {
    return [...this.#byId.values()].sort((a, b) => Number(b.id === ORIGIN) - Number(a.id === ORIGIN) || +a.createdAt - +b.createdAt)
  }

  /** @throws {MediaError} `NODE_NOT_FOUND` */
  get(id: string): Node {
    const node = this.#byId.get(id)
    if (!node) throw new MediaError('NODE_NOT_FOUND', { id })
    return node
  }

  isStale({ id, lastSeenAt }: Node, now = Date.now()): boolean {
    if (id === ORIGIN && this.enabled) return false
    return lastSeenAt === null || now - lastSeenAt.getTime() > STALE_MS
  }

  /** @throws {MediaError} `CLUSTER_DISABLED` when no token is configured, `CLUSTER_TOKEN_WRONG` when it is another. */
  requireToken(presented: string | undefined): void {
    const { token } = this.options
    if (token === undefined) throw new MediaError('CLUSTER_DISABLED')
    if (presented === undefined || !isSameSecret(presented, token)) throw new MediaError('CLUSTER_TOKEN_WRONG')
  }

  /**
   * Registers a node. One that joins again under its name stays what it was; its addresses and region are new.
   *
   * @throws {MediaError} `INPUT_INVALID`, or `NODE_EXISTS` for this server's own name.
   */
  async join(newcomer: NewNode): Promise<{ node: Node; created: boolean }> {
    checkNewcomer(newcomer)
    const { name, ip, region, url = ip } = newcomer
    const known = this.#named(name)
    if (known?.id === ORIGIN || name === ORIGIN) throw new MediaError('NODE_EXISTS', { name })
    const now = new Date()
    if (known) {
      const change = { address: ip, url, lastSeenAt: now, ...(region !== undefined && { region }) }
      return { node: await this.#change(known, change), created: false }
    }
    const node: Node = {
      ...{ id: randomUUID(), name, address: ip, url, region: region ?? null, status: 'ACTIVE', stats: null },
      ...{ createdAt: now, lastSeenAt: now },
    }
    // Before it is written, so that two who join under one name are one.
    this.#byId.set(node.id, node)
    try {
      await this.#store.insert(nodesTable).values(node)
    } catch (error) {
      this.#byId.delete(node.id)
      throw error
    }
    this.#events.emit('node.changed', node, 'CREATED')
    return { node, created: true }
  }

  /**
   * A sign of life. Without stats, those of the last one stay.
   *
   * @throws {MediaError} `NODE_NOT_FOUND`, or `NODE_STATS_TOO_LARGE` above 4,096 bytes of JSON.
   */
  async heartbeat(id: string, stats?: unknown): Promise<Node> {
    const heard = stats === undefined ? {} : { stats: checkedStats(stats) }
    return this.#seen(this.get(id), heard)
  }

  /** @throws {MediaError} `NODE_NOT_FOUND`, `INPUT_INVALID`, or `NODE_EXISTS` when another has the name. */
  async update(id: string, change: NodeChange): Promise<Node> {
    const node = this.get(id)
    checkChange(change)
    const other = change.name === undefined ? undefined : this.#named(change.name)
    if (other && other.id !== id) throw new MediaError('NODE_EXISTS', { name: other.name })
    return this.#change(node, change)
  }

  /** @throws {MediaError} `NODE_NOT_FOUND`, or `NODE_FIXED` for this server itself. */
  async delete(id: string): Promise<Node> {
    const node = this.get(id)
    if (id === ORIGIN && this.enabled) throw new MediaError('NODE_FIXED', { id })
    this.#byId.delete(id)
    await this.#store.delete(nodesTable).where(eq(nodesTable.id, id))
    this.#events.emit('node.changed', node, 'DELETED')
    return node
  }

  #named(name: string): Node | undefined {
    return this.list().find((node) => node.name === name)
  }

  async #listItself(url: string): Promise<void> {
    const lastSeenAt = new Date()
    const known = this.#byId.get(ORIGIN)
    if (known) return void (await this.#change(known, { url, lastSeenAt }))
    const node: Node = {
      ...{ id: ORIGIN, name: ORIGIN, address: '127.0.0.1', url, region: ORIGIN, status: 'ACTIVE', stats: null },
      ...{ createdAt: lastSeenAt, lastSeenAt },
    }
    this.#byId.set(ORIGIN, node)
    await this.#store.insert(nodesTable).values(node)
  }

  #seen(node: Node, heard: { stats?: NodeStats }): Promise<Node> {
    return this.#change(node, { ...heard, lastSeenAt: new Date() })
  }

  async #change(node: Node, change: Partial<Node>): Promise<Node> {
    const changed = { ...node, ...change }
    this.#byId.set(node.id, changed)
    await this.#store.update(nodesTable).set(change).where(eq(nodesTable.id, node.id))
    this.#events.emit('node.changed', changed, 'CHANGED')
    return changed
  }
}

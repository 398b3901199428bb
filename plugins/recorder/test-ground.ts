import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TestRuntime as Server, type TestRuntime, type TestRuntimeOptions } from '../../test/harness.ts'
import { use } from '../kit/define-config.ts'
import type rtmp from '../rtmp/plugin.ts'
import type whip from '../whip/plugin.ts'
import type recorder from './plugin.ts'

/** For tests: a server that records, and what is in its files. */

type Options = Parameters<typeof use<typeof recorder>>[1]
export type Row = {
  id: string
  number: number
  session: string
  part: number
  state: string
  file: string | null
  error: string | null
  durationMs: number | null
  sizeBytes: number | null
  widthPx: number | null
  codec: string | null
  snapshotKey: string | null
}

const FIELDS = 'id number session part state file error durationMs sizeBytes widthPx codec snapshotKey'
const run = promisify(execFile)

export class RecorderGround implements AsyncDisposable {
  readonly server: TestRuntime
  readonly rtmpUrl: string
  /** The app that all of it is about. */
  app = 'live'

  static async start(options: Options = {}, more: TestRuntimeOptions = {}): Promise<RecorderGround> {
    const plugins = [
      use<typeof whip>('./plugins/whip/plugin.ts'),
      use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0 }),
      use<typeof recorder>('./plugins/recorder/plugin.ts', options),
      ...(more.plugins ?? []),
    ]
    const server = await Server.start({ ...more, plugins })
    // On a busy machine a plugin takes its time to start, and its fields are there only then.
    const isUp = () => server.runtime.host.get('rtmp').state === 'RUNNING' && server.runtime.host.get('recorder').state === 'RUNNING'
    await server.until('{ __typename }', isUp, 20_000)
    const { rtmpServer } = await server.until<{ rtmpServer: { port: number } | null }>(
      '{ rtmpServer { port } }',
      (data) => data.rtmpServer !== null,
    )
    return new RecorderGround(server, `rtmp://127.0.0.1:${rtmpServer?.port}`)
  }

  private constructor(server: TestRuntime, rtmpUrl: string) {
    this.server = server
    this.rtmpUrl = rtmpUrl
  }

  /** The identity of who publishes in the room, once all its tracks are there. */
  async publisher(room = 'yard', tracks = 2): Promise<string> {
    type Data = { participants: { identity: string; room: { name: string }; tracks: unknown[] }[] }
    const inRoom = (data: Data) => data.participants.find((one) => one.room.name === `${this.app}-${room}` && one.tracks.length >= tracks)
    const data = await this.server.until<Data>(
      '{ participants { identity room { name } tracks { id } } }',
      (all) => inRoom(all) !== undefined,
    )
    return inRoom(data)?.identity ?? ''
  }

  async record(input: Record<string, unknown> = {}): Promise<Row> {
    const query = `mutation ($input: StartRecordingInput!) { row: startRecording(app: "${this.app}", input: $input) { ${FIELDS} } }`
    return (await this.server.graphql<{ row: Row }>(query, { input: { room: 'yard', mode: 'PARTICIPANT', ...input } })).row
  }

  async stop({ id }: { id: string }): Promise<Row> {
    return (await this.server.graphql<{ row: Row }>(`mutation { row: stopRecording(app: "${this.app}", id: "${id}") { ${FIELDS} } }`)).row
  }

  /** Every recording of the app, the oldest first. */
  async rows(): Promise<Row[]> {
    const query = `{ recordings(app: "${this.app}", descending: false) { nodes { ${FIELDS} } } }`
    return (await this.server.graphql<{ recordings: { nodes: Row[] } }>(query)).recordings.nodes
  }

  async until({ id }: { id: string }, isReached: (row: Row) => boolean, withinMs = 10_000): Promise<Row> {
    const query = `{ row: recording(app: "${this.app}", id: "${id}") { ${FIELDS} } }`
    return (await this.server.until<{ row: Row }>(query, ({ row }) => isReached(row), withinMs)).row
  }

  async settled(row: { id: string }, withinMs?: number): Promise<Row> {
    return this.until(row, ({ state }) => state === 'READY' || state === 'FAILED', withinMs)
  }

  /** So many seconds on disk. */
  async grown({ id }: { id: string }, bytes: number): Promise<void> {
    const query = `{ progress: recordings(app: "${this.app}") { nodes { id } } }`
    await this.server.graphql(query)
    const updates = this.server.subscribe<{ recordingProgress: { sizeBytes: number } }>(
      `subscription { recordingProgress(app: "${this.app}", id: "${id}") { sizeBytes } }`,
    )
    for await (const { recordingProgress } of updates) if (Number(recordingProgress.sizeBytes) > bytes) return
  }

  path({ file }: Pick<Row, 'file'>): string {
    return join(this.folder, file ?? '')
  }

  get folder(): string {
    return join(this.server.runtime.core.apps.get(this.app).folder, 'recordings')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]()
  }
}

export type Packet = { kind: 'audio' | 'video'; atS: number; isKey: boolean; bytes: number }

/** Everything in a file, in the order of its times. */
export async function packetsOf(file: string): Promise<Packet[]> {
  const entries = 'packet=codec_type,pts_time,flags,size'
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', file], { maxBuffer: 64 << 20 })
  const packets = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(','))
    .map(
      ([kind, atS, bytes, flags]): Packet => ({
        kind: kind as Packet['kind'],
        atS: Number(atS),
        bytes: Number(bytes),
        isKey: flags?.startsWith('K') ?? false,
      }),
    )
  return packets.filter(({ atS }) => Number.isFinite(atS)).sort((a, b) => a.atS - b.atS)
}

/** How many of its pictures can be decoded; throws on whatever a decoder finds to say. */
export async function decoded(file: string): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file]
  const { stdout, stderr } = await run('ffprobe', args)
  if (stderr.trim() !== '') throw new Error(stderr)
  return Number.parseInt(stdout, 10)
}

/** The longest time without a packet of a kind, in seconds. */
export function longestGap(packets: readonly Packet[], kind: Packet['kind']): number {
  const times = packets.filter((packet) => packet.kind === kind).map(({ atS }) => atS)
  return times.slice(1).reduce((most, atS, index) => Math.max(most, atS - times[index]!), 0)
}

import { MediaError } from '../../core/kernel/errors.ts'
import type { AppInfo, ParticipantInfo, RoomInfo } from '../kit/core-api.ts'
import type { RecorderHost } from './host.ts'
import type { Recordings } from './recordings.ts'
import { isAbout, isDue, type RuleRow, type Rules } from './rules.ts'
import type { RecordingMode } from './tables.ts'

type Ground = { host: RecorderHost; recordings: Recordings; rules: Rules }
type Wanted = { room: RoomInfo; mode: RecordingMode; identity: string | null }

/**
 * Does what rules say: begins to record whoever publishes where one holds, ends that when its time is over, and deletes what has been
 * kept for long enough.
 */
export class Following {
  readonly #ground: Ground
  /** What was begun for a rule, by app, room and identity: the ids of the recording and of the rule. */
  readonly #begun = new Map<string, { app: string; recording: string; rule: string }>()
  readonly #stops: (() => void)[]
  #turns: Promise<void> = Promise.resolve()

  constructor(ground: Ground) {
    const { host, rules } = ground
    this.#ground = ground
    const look = (app: string) => void this.#turn(async () => this.#look(await host.core.apps.get(app)))
    const ofRoom = async (name: string) => {
      const room = await host.core.rooms.find(name)
      if (room) look(room.app)
    }
    const timer = setInterval(() => void this.#sweep(), host.config.sweepMs)
    rules.events.on('changed', look)
    this.#stops = [
      host.events.on('track.published', ({ track }) => ofRoom(track.room)),
      host.events.on('participant.joined', ({ participant }) => ofRoom(participant.room)),
      () => clearInterval(timer),
      () => rules.events.off('changed', look),
    ]
  }

  /** Looks at everything there is, which has come while nobody looked. */
  async begin(app: AppInfo): Promise<void> {
    await this.#turn(() => this.#look(app))
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  async #sweep(): Promise<void> {
    const { host } = this.#ground
    for (const app of await host.core.apps.list()) {
      if (!(await host.apps.get(app.name)).enabled) continue
      await this.#turn(async () => {
        await this.#look(app)
        await this.#forgetOld(app)
      })
    }
  }

  async #look(app: AppInfo): Promise<void> {
    const { host, rules } = this.#ground
    const all = await rules.inForce(app.name)
    await this.#endOver(app, all)
    const due = all.filter((rule) => isDue(rule))
    if (due.length === 0) return
    const rooms = (await host.core.rooms.list()).filter((room) => room.app === app.name)
    for (const room of rooms) {
      const rule = due.find((one) => isAbout(one, room.localName))
      if (rule) for (const wanted of wantedIn(app, room, rule)) await this.#record(app, rule, wanted)
    }
  }

  async #record(app: AppInfo, rule: RuleRow, { room, mode, identity }: Wanted): Promise<void> {
    const { host, recordings } = this.#ground
    const running = await recordings.store.unfinished(app.name)
    const isRecorded = running.some(
      (row) => row.state === 'RECORDING' && row.room === room.name && row.mode === mode && row.identity === identity,
    )
    if (isRecorded) return
    try {
      const row = await recordings.start(app.name, { room: room.name, mode, ...(identity !== null && { identity }) })
      this.#begun.set(`${app.name} ${room.name} ${mode} ${identity}`, { app: app.name, recording: row.session, rule: rule.id })
      host.log.info({ app: app.name, room: room.name, identity, rule: rule.id, recording: row.id }, 'recording by a rule')
    } catch (error) {
      const isRefused = error instanceof MediaError
      if (!isRefused) throw error
      host.log.warn({ app: app.name, room: room.name, identity, rule: rule.id, code: error.code }, 'a rule could not be followed')
    }
  }

  /** What was begun for a rule ends with it, and with its time of day. */
  async #endOver(app: AppInfo, rules: readonly RuleRow[]): Promise<void> {
    for (const [key, begun] of this.#begun) {
      if (begun.app !== app.name) continue
      const rule = rules.find(({ id }) => id === begun.rule)
      if (rule && isDue(rule)) continue
      this.#begun.delete(key)
      await this.#ground.recordings.endSession(begun.recording)
    }
  }

  async #forgetOld(app: AppInfo): Promise<void> {
    const { host, recordings, rules } = this.#ground
    const keeping = (await rules.list(app.name)).filter(({ keepDays, enabled }) => enabled && keepDays !== null)
    for (const rule of keeping) {
      const until = new Date(Date.now() - (rule.keepDays ?? 0) * 86_400_000)
      const { rows } = await recordings.list(app.name, { filter: { until }, order: 'NUMBER', descending: false })
      for (const row of rows) {
        if (row.endedAt === null || row.endedAt > until || !isAbout(rule, localName(app, row.room))) continue
        host.log.info({ app: app.name, recording: row.id, rule: rule.id }, 'a recording has been kept for long enough')
        await recordings.delete(app.name, row.id)
      }
    }
  }

  #turn(run: () => Promise<void>): Promise<void> {
    const { host } = this.#ground
    this.#turns = this.#turns.then(run).catch((error: unknown) => {
      const isGone = error instanceof MediaError && error.code === 'APP_NOT_FOUND'
      if (!isGone && !host.signal.aborted) host.log.error({ err: error }, 'rules could not be followed')
    })
    return this.#turns
  }
}

function wantedIn(app: AppInfo, room: RoomInfo, rule: RuleRow): Wanted[] {
  const mode = rule.mode ?? (app.config.recording.mode === 'participant' || rule.identity !== null ? 'PARTICIPANT' : 'COMPOSITE')
  const publishers = room.participants.filter((one) => publishes(one) && (rule.identity === null || one.identity === rule.identity))
  if (publishers.length === 0) return []
  return mode === 'COMPOSITE' ? [{ room, mode, identity: null }] : publishers.map(({ identity }) => ({ room, mode, identity }))
}

function publishes({ tracks, onDemand }: ParticipantInfo): boolean {
  return tracks.length > 0 || onDemand
}

function localName({ prefix }: AppInfo, room: string): string {
  return prefix !== '' && room.startsWith(`${prefix}-`) ? room.slice(prefix.length + 1) : room
}

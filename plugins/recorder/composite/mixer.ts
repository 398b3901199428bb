import { EventEmitter } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../../core/kernel/errors.ts'
import type { ElementMessage, Pipeline } from '../../../native/pipeline.ts'
import { BEHIND_MS, type Composition, compositePipeline, doorName, GATES, SHUTTER } from './composite-launch.ts'
import { type CompositeHost, compose, pictureOf } from './composition.ts'
import { loudness, rtcpSource, rtpSource, witness } from './inputs.ts'
import { type LayoutName, placesWith } from './layout.ts'
import type { Member } from './room-members.ts'
import { Shutter } from './shutter.ts'
import { SpeakerPicker } from './speaker.ts'

export type MixerOptions = {
  /** Absolute path; there is no such file yet. */
  readonly file: string
  readonly name: string
  readonly layout: LayoutName
  /** Who leads the conversation so far, by the id of the participant. */
  readonly speaker?: string | undefined
}

/** Milliseconds after which a picture that does not move is asked for a keyframe: a decoder that missed something waits for one. */
const FROZEN_MS = 1_000
/** How often is asked whether pictures have come, in milliseconds. */
const LOOK_MS = 30

/**
 * One run of a pipeline that mixes a room into one file, for as long as the same tracks are there. It writes nothing before `takeOver`, so
 * that it can get ready while another one still writes.
 */
export class Mixer {
  /** `ended` once, by itself: its pipeline died. */
  readonly events = new EventEmitter<{ ended: [cause: string] }>()
  readonly file: string
  readonly #host: CompositeHost
  readonly #composition: Composition
  readonly #pipeline: Pipeline
  readonly #shutter: Shutter
  readonly #speaker: SpeakerPicker
  /** By input. */
  readonly #taps = new Map<number, string>()
  /** What the witness of each picture said last. */
  readonly #seen = new Map<number, unknown>()
  readonly #watch: NodeJS.Timeout
  #places: readonly number[]
  #closing: Promise<void> | undefined

  /** @throws {MediaError} `PIPELINE_FAILED` */
  static async start(host: CompositeHost, members: readonly Member[], options: MixerOptions): Promise<Mixer> {
    const { name, layout, file, speaker } = options
    const composition = await compose(host, members, { layout, file, speaker })
    const pipeline = await host.pipelines.start({ name, launch: compositePipeline(composition), outputs: 1 })
    const mixer = new Mixer(host, composition, pipeline, new SpeakerPicker(speaker))
    await mixer.#tap()
    return mixer
  }

  private constructor(host: CompositeHost, composition: Composition, pipeline: Pipeline, speaker: SpeakerPicker) {
    this.#host = host
    this.#composition = composition
    this.#pipeline = pipeline
    this.#shutter = new Shutter(pipeline, SHUTTER)
    this.#speaker = speaker
    this.#places = composition.places
    this.file = composition.file
    this.#watch = setInterval(() => void this.#unfreeze(), FROZEN_MS)
    pipeline.events.once('closed', (reason, detail) => {
      clearInterval(this.#watch)
      if (reason !== 'REQUESTED') this.events.emit('ended', detail ?? reason)
    })
    if (composition.measured) pipeline.events.on('element', (message) => this.#hear(message))
  }

  get ended(): boolean {
    return this.#pipeline.end !== undefined
  }

  /** Whether there is nothing to see or hear. */
  get isEmpty(): boolean {
    return this.#composition.inputs.length === 0
  }

  /** Who leads the conversation, by the id of the participant; undefined when nobody spoke yet, or nobody listens. */
  get speaker(): string | undefined {
    return this.#speaker.speaker
  }

  /** Waits until every picture that is sent is in the mix, but for what has not come within so many milliseconds. */
  async settle(withinMs: number): Promise<void> {
    const { inputs, pictures } = this.#composition
    const awaited = new Set(pictures.filter((index) => !inputs[index]?.track.muted))
    const deadline = Date.now() + withinMs
    while (awaited.size > 0 && Date.now() < deadline) {
      for (const index of awaited) {
        const last = await this.#pipeline.get(witness(index), 'last-message')
        if (String(last).startsWith('chain')) awaited.delete(index)
      }
      if (awaited.size > 0) await delay(LOOK_MS)
    }
    await delay(BEHIND_MS)
  }

  /**
   * Writes from now on. The one that wrote until now writes no more, and is the caller's to close.
   *
   * @throws {MediaError} `PIPELINE_FAILED`
   */
  async takeOver(before?: Mixer): Promise<void> {
    const opened = this.#gates(true)
    const closed = before?.ended === false ? before.#gates(false) : undefined
    await opened
    // That it died meanwhile is known by its end.
    await closed?.catch(() => {})
  }

  /** What is seen now, as JPEG; undefined when the pipeline has none. */
  picture(): Promise<Buffer | undefined> {
    return this.#shutter.release()
  }

  /** Finishes the file. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Ends one that has not taken over, and takes its file away. */
  async discard(): Promise<void> {
    await this.close()
    await rm(this.file, { force: true })
  }

  async #close(): Promise<void> {
    const finished = await this.#pipeline.stop({ eosWithinMs: this.#host.config.finishMs })
    await Promise.all([...this.#taps.values()].map((id) => this.#host.core.tracks.untap(id)))
    if (!finished) this.#host.log.warn({ file: this.file }, 'a file was not finished in time; it ends with what was on disk')
  }

  async #tap(): Promise<void> {
    const { core, log } = this.#host
    const tap = async (index: number, id: string) => {
      const ports = await Promise.all([rtpSource(index), rtcpSource(index)].map((source) => this.#pipeline.get(source, 'port')))
      const [port = 0, rtcpPort = 0] = ports.map(Number)
      const { tapId } = await core.tracks.tap(id, { port, rtcpPort, paused: true })
      this.#taps.set(index, tapId)
      await core.tracks.resumeTap(tapId)
    }
    const { inputs } = this.#composition
    const tapped = await Promise.allSettled(inputs.map(({ track }, index) => tap(index, track.id)))
    // A track that has just gone is missed by nobody; when the pipeline is what has gone, its end tells.
    for (const result of tapped) if (result.status === 'rejected') log.debug({ reason: messageOf(result.reason) }, 'a track is not mixed')
  }

  async #unfreeze(): Promise<void> {
    const { inputs, pictures } = this.#composition
    const unfreeze = async (index: number) => {
      const now = await this.#pipeline.get(witness(index), 'last-message')
      const tap = this.#taps.get(index)
      if (this.#seen.get(index) === now && tap !== undefined) await this.#host.core.tracks.requestKeyframe(tap)
      this.#seen.set(index, now)
    }
    // What fails here has just gone.
    await Promise.allSettled(pictures.filter((index) => !inputs[index]?.track.muted).map(unfreeze))
  }

  async #gates(open: boolean): Promise<void> {
    await Promise.all(GATES.map((gate) => this.#pipeline.set(gate, 'drop', !open)))
  }

  #hear({ source, name, fields: { rms } }: ElementMessage): void {
    const input = name === 'level' && this.#composition.inputs.find((_, index) => source === loudness(index))
    if (!input || !Array.isArray(rms)) return
    if (!this.#speaker.hear(input.member.id, Math.max(...rms.map(Number)), performance.now())) return
    this.#host.log.debug({ room: input.track.room, participant: input.member.id }, 'somebody else speaks')
    void this.#show()
  }

  /** Lets the speaker and the first change places. */
  async #show(): Promise<void> {
    const { layout } = this.#composition
    const before = this.#places
    const now = placesWith(layout, pictureOf(this.#composition, this.speaker))
    this.#places = now
    const moved = layout.homes.flatMap((_, picture) => (before[picture] === now[picture] ? [] : [picture]))
    const turn = (places: readonly number[], drop: boolean) =>
      moved.map((picture) => this.#pipeline.set(doorName(picture, places[picture] ?? 0), 'drop', drop))
    // Those who go first: no two are at one place. A pipeline that dies of it tells so by itself.
    await Promise.all([...turn(before, true), ...turn(now, false)]).catch(() => {})
  }
}

import type { Host, PluginTask } from '../kit/host.ts'
import { inTurns } from '../kit/in-turns.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import { Bridge } from './bridge.ts'
import type { Camera } from './camera.ts'
import type { WsMjpegConfig } from './config.ts'
import type { Frame } from './frame.ts'

const STARTING_AT_ONCE = 4
/** Before one that failed again and again is tried once more, in milliseconds. */
const RETRY_MS = 30_000

type Entry = { readonly task: PluginTask; readonly maxFps: number; wanted: boolean; bridge?: Bridge; timer?: NodeJS.Timeout }

/** Makes WebRTC tracks of cameras while somebody takes them, and a while longer. */
export class Bridges {
  readonly #host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>
  readonly #config: WsMjpegConfig
  readonly #reports: SenderReports
  readonly #entries = new Map<Camera, Entry>()
  #open = 0

  constructor(host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>, config: WsMjpegConfig, reports: SenderReports) {
    this.#host = { ...host, pipelines: inTurns(host.pipelines, STARTING_AT_ONCE) }
    this.#config = config
    this.#reports = reports
  }

  add(camera: Camera, task: PluginTask, maxFps: number): void {
    this.#entries.set(camera, { task, maxFps, wanted: false })
  }

  /** Whether anybody takes its tracks. */
  follow(camera: Camera, wanted: boolean): void {
    const entry = this.#entries.get(camera)
    if (!entry || entry.wanted === wanted) return
    entry.wanted = wanted
    clearTimeout(entry.timer)
    if (wanted) this.#start(camera, entry)
    else entry.timer = setTimeout(() => this.#stop(entry), this.#config.bridgeLingerMs)
  }

  frame(camera: Camera, frame: Frame): void {
    this.#entries.get(camera)?.bridge?.frame(frame)
  }

  keyframeWanted(camera: Camera): void {
    this.#entries.get(camera)?.bridge?.keyframeWanted()
  }

  remove(camera: Camera): void {
    const entry = this.#entries.get(camera)
    if (!entry) return
    this.#entries.delete(camera)
    clearTimeout(entry.timer)
    this.#stop(entry)
  }

  close(): void {
    for (const camera of [...this.#entries.keys()]) this.remove(camera)
  }

  #start(camera: Camera, entry: Entry): void {
    if (entry.bridge) return
    const log = this.#host.log.child({ app: camera.key.app, room: camera.key.room, identity: camera.identity })
    const retry = () => {
      entry.timer = setTimeout(() => this.#start(camera, entry), RETRY_MS)
    }
    if (this.#open >= this.#config.maxBridges) {
      log.warn({ maxBridges: this.#config.maxBridges }, 'as many cameras as permitted are WebRTC tracks already')
      if (this.#config.maxBridges > 0) retry()
      return
    }
    this.#open++
    entry.bridge = new Bridge({
      host: this.#host,
      log,
      camera,
      parent: entry.task,
      reports: this.#reports,
      maxFps: entry.maxFps,
      onFailed: (reason) => {
        if (!entry.bridge) return
        log.error({ reason }, 'the camera can not be made a WebRTC track')
        this.#stop(entry)
        if (entry.wanted && this.#entries.get(camera) === entry) retry()
      },
    })
  }

  #stop(entry: Entry): void {
    if (!entry.bridge) return
    this.#open--
    entry.bridge.close()
    delete entry.bridge
  }
}

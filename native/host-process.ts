import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Log } from '../core/kernel/log.ts'
import type { Command, Report } from './messages.ts'

/** Pipes beside the standard streams and the control channel: file descriptors 4 to 7 of every host, each usable in one direction. */
export const HOST_PIPES = 4

/** What GStreamer, libc and the loader read; nothing else of our environment, which holds secrets, concerns a host. */
const ENVIRONMENT = /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|XDG_.*|GST_.*|GLIB_.*|G_.*|LD_.*|LIBVA_.*|NODE_COMPILE_CACHE)$/
/**
 * Are never chosen for what a pipeline is fed: what they find in it, they connect to. Of their kind only HLS is wanted, and whoever feeds it
 * sees to the addresses in it.
 */
const NEVER_CHOSEN = ['dashdemux', 'dashdemux2', 'mssdemux', 'mssdemux2', 'sdpdemux'].map((element) => `${element}:NONE`)
const ENTRY = fileURLToPath(new URL('./host.ts', import.meta.url))
/** A start just used the spare; making the next one would only compete with it. */
const REPLACE_AFTER_MS = 300
const STDERR_LINES = 20

/** One child process that waits for, then runs, one pipeline. */
export class HostProcess {
  readonly child: ChildProcess
  /** The last lines that the child wrote to stderr: the only trace of an abort. */
  readonly lastWords: string[] = []

  constructor() {
    // Forked from this thread, the child belongs to it: the kernel kills it when the thread ends.
    this.child = fork(ENTRY, [String(process.pid)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced', // JSON has no -Infinity, which is how silence sounds in dB
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...Array<'pipe'>(HOST_PIPES).fill('pipe')],
      env: { ...passedOn(process.env), GST_PLUGIN_FEATURE_RANK: ranks(process.env), UV_THREADPOOL_SIZE: '8' },
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#remember(text))
    // A child that died is known by its `exit`; writing to it meanwhile is no fault of the writer.
    for (const pipe of this.pipes) pipe.on('error', () => {})
    this.child.on('error', () => {})
  }

  get pipes(): Socket[] {
    return this.child.stdio.slice(4) as Socket[]
  }

  /** Sends a command; false when the child is gone, which its `exit` tells better. */
  send(command: Command): boolean {
    return this.child.connected && this.child.send(command, () => {})
  }

  onReport(listener: (report: Report) => void): void {
    this.child.on('message', listener)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  /** Whether the thread's event loop stays alive for this child. */
  hold(held: boolean): void {
    const parts = [this.child, this.child.channel, this.child.stderr as Socket | null, ...this.pipes]
    for (const part of parts) held ? part?.ref() : part?.unref()
  }

  #remember(text: string): void {
    this.lastWords.push(...text.split('\n').filter((line) => line !== ''))
    this.lastWords.splice(0, this.lastWords.length - STDERR_LINES)
  }
}

let spare: HostProcess | undefined
let keepers = 0

/** The spare when there is one, else a new host. */
export function takeHost(): HostProcess {
  const host = spare
  if (!host?.child.connected) return new HostProcess()
  spare = undefined
  host.hold(true)
  if (keepers > 0) setTimeout(makeSpare, REPLACE_AFTER_MS).unref()
  return host
}

/**
 * Keeps one host of this thread started and waiting, so that a pipeline starts in about 10 ms instead of 75 (and costs 40 MB of
 * memory, most of it shared). It ends with the last keeper, or with the thread.
 *
 * @param preload Elements whose libraries the spare loads ahead, such as `avdec_h264`.
 */
export function keepSpareHost({ preload = [], log }: { preload?: readonly string[]; log?: Log } = {}): Disposable {
  for (const element of preload) preloaded.add(element)
  keepers++
  makeSpare()
  log?.debug({ preload }, 'keeping a spare pipeline host')
  let kept = true
  return {
    [Symbol.dispose]() {
      if (!kept) return
      kept = false
      if (--keepers > 0) return
      preloaded.clear()
      spare?.kill()
      spare = undefined
    },
  }
}

const preloaded = new Set<string>()

function makeSpare(): void {
  if (keepers === 0 || spare?.child.connected) return
  const host = new HostProcess()
  host.hold(false)
  host.send({ type: 'probe', id: 0, elements: [...preloaded] })
  spare = host
}

function passedOn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => ENVIRONMENT.test(name)))
}

function ranks({ GST_PLUGIN_FEATURE_RANK: given }: NodeJS.ProcessEnv): string {
  return [...(given ? [given] : []), ...NEVER_CHOSEN].join(',')
}

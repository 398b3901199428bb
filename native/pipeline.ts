import type { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { MediaError } from '../core/kernel/errors.ts'
import type { Log } from '../core/kernel/log.ts'
import { HOST_PIPES, takeHost } from './host-process.ts'
import type { ElementMessage, PipelineError, PipelineState, ReadyWhen, Scalar } from './messages.ts'
import { PipelineProcess, pipelineFailure } from './pipeline-process.ts'
import type { ProcessUsage } from './usage.ts'

export { keepSpareHost } from './host-process.ts'
export type { ElementMessage, PipelineError, PipelineState, ReadyWhen, Scalar } from './messages.ts'
export type { ProcessUsage } from './usage.ts'

/** Why a pipeline ended: we asked; its stream ended; its first error; its process died of itself; somebody killed it. */
export type PipelineEnd = 'REQUESTED' | 'EOS' | 'ERROR' | 'CRASHED' | 'KILLED'

export type PipelineEvents = {
  /** The first fault, which ends the pipeline; those that follow from it are not told. */
  error: [error: PipelineError]
  warning: [warning: PipelineError]
  eos: []
  element: [message: ElementMessage]
  stateChanged: [state: PipelineState]
  /** Once, after the process is gone. */
  closed: [reason: PipelineEnd, detail: string | undefined]
}

export type PipelineOptions = {
  /** For logs and errors. */
  name: string
  /** In gst-launch syntax; `gst.ts` writes it safely. */
  launch: string
  /** Pipes we write into: `fdsrc fd=4` reads the first. Together with `outputs` at most 4. */
  inputs?: number
  /** Pipes we read from, numbered after the inputs: with one input, `fdsink fd=5` writes the first. Unread, they stall the pipeline. */
  outputs?: number
  /** Default `ACCEPTING`. */
  readyWhen?: ReadyWhen
  /** Milliseconds until a pipeline that is not ready has failed; default 5000. */
  startTimeoutMs?: number
  log?: Log
  /** Stops the pipeline at once, while it starts and later. */
  signal?: AbortSignal
}

/** One GStreamer pipeline in a process of its own. */
export interface Pipeline extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly events: EventEmitter<PipelineEvents>
  /** Their buffers are the writer's to bound: mind `writableLength` and `drain`. Once the pipeline is gone, what is written is lost. */
  readonly inputs: readonly Writable[]
  readonly outputs: readonly Readable[]
  /** How and why it ended; undefined while it runs. */
  readonly end: { reason: PipelineEnd; detail: string | undefined } | undefined
  /** Asks the encoder upstream of this element (which needs a static pad `sink`) for a keyframe. Does nothing when there is none. */
  forceKeyUnit(elementName: string): void
  /**
   * Sets a property: numbers up to 24 significant bits, strings, booleans, caps; not enums.
   * @throws {MediaError} `PIPELINE_FAILED` when there is no such element or property, or the pipeline is gone.
   */
  set(elementName: string, property: string, value: Scalar): Promise<void>
  /** @throws {MediaError} as `set`. */
  get(elementName: string, property: string): Promise<Scalar>
  /** Lets the pipeline finish what it writes; it closes with `EOS` by itself. */
  sendEos(): void
  /**
   * Ends the process and waits until it is gone. Calling it again waits for the same end.
   * @param eosWithinMs Milliseconds that the pipeline gets to finish its files; without it, none.
   * @returns Whether it finished: true when EOS passed every sink.
   */
  stop(options?: { eosWithinMs?: number }): Promise<boolean>
  /** What the process uses, or undefined once it is gone. */
  stats(): Promise<ProcessUsage | undefined>
}

/**
 * Starts a pipeline in a child process of this thread, which neither outlives the thread nor the process.
 *
 * @throws {MediaError} `PIPELINE_FAILED` with GStreamer's own words as `reason`.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { inputs = 0, outputs = 0 } = options
  if (inputs + outputs > HOST_PIPES) throw new MediaError('INPUT_INVALID', { field: 'inputs', max: HOST_PIPES })
  if (options.signal?.aborted) throw pipelineFailure(options.name, 'stopped before it started')

  const pipeline = new PipelineProcess(takeHost(), options)
  await pipeline.started
  return pipeline
}

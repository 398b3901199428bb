/** What a pipeline's parent and its host say to each other over the fork's IPC channel. */

/** What a property of an element can hold across the process boundary. */
export type Scalar = string | number | boolean | null

/** One fault as GStreamer words it. */
export type PipelineError = {
  /** Path of the element within the pipeline, such as `/GstPipeline:pipeline/GstUDPSrc:udpsrc0`. */
  element: string
  message: string
  /** GStreamer's own details: source file, function, system error. */
  debug: string
}

/** What an element says of itself: `level` its loudness, `splitmuxsink` its file, `udpsrc` its silence. */
export type ElementMessage = {
  /** Name of the element. */
  source: string
  /** Name of the message, such as `level` or `splitmuxsink-fragment-closed`. */
  name: string
  fields: Record<string, unknown>
}

export type PipelineState = 'NULL' | 'READY' | 'PAUSED' | 'PLAYING'

/**
 * When a pipeline counts as started: `ACCEPTING`, when everything that can fail at once has not failed and it waits for data at most;
 * `PLAYING`, when data has reached every sink that asks for it.
 */
export type ReadyWhen = 'ACCEPTING' | 'PLAYING'

export type Command =
  | { type: 'start'; launch: string; readyWhen: ReadyWhen }
  | { type: 'keyframe'; element: string }
  | { type: 'eos' }
  | { type: 'get'; id: number; element: string; property: string }
  | { type: 'set'; id: number; element: string; property: string; value: Scalar }
  | { type: 'probe'; id: number; elements: readonly string[] }

export type Report =
  | { type: 'started' }
  | { type: 'error'; error: PipelineError }
  | { type: 'warning'; warning: PipelineError }
  | { type: 'state'; state: PipelineState }
  | { type: 'element'; element: ElementMessage }
  | { type: 'eos' }
  | { type: 'answer'; id: number; value: Scalar | string[] }
  | { type: 'refusal'; id: number; reason: string }

import type { ElementMessage, PipelineError, PipelineState } from './messages.ts'

/** A message from a pipeline's bus, as gstreamer-superficial hands it over: the fields of its structure beside its type and source. */
export type RawBusMessage = {
  type: string
  _src_element_name: string
  name?: string
  message?: string
  debug?: string
  [field: string]: unknown
}

export type BusMessage =
  | { type: 'error'; error: PipelineError }
  | { type: 'warning'; warning: PipelineError }
  | { type: 'eos' }
  | { type: 'element'; element: ElementMessage }
  | { type: 'state'; source: string; state: PipelineState }

/** Reads what concerns us of a bus message; everything else (tags, clocks, stream status …) is undefined. */
export function parseBusMessage(raw: RawBusMessage): BusMessage | undefined {
  switch (raw.type) {
    case 'error':
      return { type: 'error', error: { element: text(raw.name), message: text(raw.message), debug: text(raw.debug) } }
    case 'warning':
      // The binding drops a warning's own text; its details say the same.
      return {
        type: 'warning',
        warning: { element: raw._src_element_name, message: lastLine(text(raw.debug)), debug: text(raw.debug) },
      }
    case 'eos':
      return { type: 'eos' }
    case 'element':
      return { type: 'element', element: elementMessage(raw) }
    case 'state-changed': {
      const state = stateOf(raw['new-state'])
      return state && { type: 'state', source: raw._src_element_name, state }
    }
    default:
      return undefined
  }
}

function elementMessage({ type: _type, _src_element_name: source, name, ...fields }: RawBusMessage): ElementMessage {
  return { source, name: text(name), fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, listed(value)])) }
}

/** The binding hands a list over as text, `< -20.5, -21 >`: the loudness of each channel, for one. */
function listed(value: unknown): unknown {
  const numbers = typeof value === 'string' ? /^< (.*) >$/.exec(value)?.[1]?.split(', ').map(Number) : undefined
  return numbers?.every(Number.isFinite) ? numbers : value
}

function stateOf(value: unknown): PipelineState | undefined {
  return /^GST_STATE_(NULL|READY|PAUSED|PLAYING)$/.exec(text(value))?.[1] as PipelineState | undefined
}

function lastLine(debug: string): string {
  return debug.slice(debug.lastIndexOf('\n') + 1)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

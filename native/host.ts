/**
 * The entry of a pipeline host: a child process that runs one GStreamer pipeline for its parent and never outlives it.
 * It ends only by SIGKILL, from its parent or from itself: an orderly exit would wait for the thread that reads the bus, for ever.
 */
import { createRequire } from 'node:module'
import { setPriority } from 'node:os'
import { addon, gstreamerAddonPath } from './binaries.ts'
import { parseBusMessage, type RawBusMessage } from './bus.ts'
import type { Command, ReadyWhen, Report, Scalar } from './messages.ts'

/** The part of gstreamer-superficial that is used here. */
type Gst = { Pipeline: new (launch: string) => GstPipeline }
type GstElement = Record<string, Scalar>
type GstPipeline = {
  play(): void
  sendEOS(): void
  forceKeyUnit(element: string, count: number): void
  findChild(element: string): GstElement | undefined
  pollBus(callback: (message: RawBusMessage) => void): void
}

const PIPELINE_NAME = 'pipeline'
/** As in nice(1): 0 is everybody else. */
const NICENESS = 5
/** A healthy bus delivers what is queued on it within microseconds. */
const QUIET_MS = 10
/** Reports in flight beyond which those that describe (not decide) are dropped: the parent is not reading. */
const BACKLOG = 256
let inFlight = 0

// Both ends of the same promise: the kernel acts when this event loop hangs, `disconnect` when the thread that owned us was ended.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
addon().dieWithParent(Number(process.argv[2]))
// On a full machine conversion yields to those who forward packets and answer callers.
setPriority(NICENESS)
// A terminal sends these to the whole process group; when a pipeline ends is its parent's decision.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// A missing addon, too, is an answer that the parent can read.
process.on('uncaughtException', ({ message }) => report({ type: 'error', error: { element: '', message, debug: '' } }))

const gst = createRequire(import.meta.url)(gstreamerAddonPath()) as Gst
let pipeline: GstPipeline | undefined

process.on('message', (command: Command) => {
  try {
    obey(command)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if ('id' in command) report({ type: 'refusal', id: command.id, reason })
    else report({ type: 'error', error: { element: '', message: reason, debug: '' } })
  }
})

function obey(command: Command): void {
  switch (command.type) {
    case 'start':
      start(command.launch, command.readyWhen)
      break
    case 'keyframe':
      if (pipeline?.findChild(command.element)) pipeline.forceKeyUnit(command.element, 0)
      break
    case 'eos':
      pipeline?.sendEOS()
      break
    case 'get':
      report({ type: 'answer', id: command.id, value: find(command)[command.property] ?? null })
      break
    case 'set':
      find(command)[command.property] = command.value
      report({ type: 'answer', id: command.id, value: null })
      break
    case 'probe':
      report({ type: 'answer', id: command.id, value: command.elements.filter(exists) })
      break
  }
}

function start(launch: string, readyWhen: ReadyWhen): void {
  // As a named bin, a pipeline of a single element is a pipeline too, and its own state changes are told from its elements'.
  const started = new gst.Pipeline(`pipeline.( name=${PIPELINE_NAME} ${launch} )`)
  pipeline = started
  started.play()

  let starting = true
  let leftNull = false
  let quiet: NodeJS.Timeout | undefined

  const succeed = () => {
    starting = false
    report({ type: 'started' })
  }
  const onQuiet = () => {
    // The binding stops reading the bus while the pipeline is in NULL, where a start that failed at once leaves it: read on.
    if (!leftNull) started.pollBus(onMessage)
    // Everything that could fail at once has not; what is left waits for data.
    else if (readyWhen === 'ACCEPTING') succeed()
  }
  const onMessage = (raw: RawBusMessage) => {
    const message = parseBusMessage(raw)
    if (message?.type === 'error') starting = false
    if (message?.type === 'state') {
      if (message.source === PIPELINE_NAME) {
        leftNull = true
        report({ type: 'state', state: message.state })
        if (starting && message.state === 'PLAYING') succeed()
      }
    } else if (message) report(message)

    clearTimeout(quiet)
    if (starting) quiet = setTimeout(onQuiet, QUIET_MS)
  }
  started.pollBus(onMessage)
}

function find({ element, property }: { element: string; property: string }): GstElement {
  const found = pipeline?.findChild(element)
  if (!found) throw new Error(`no element "${element}"`)
  if (!(property in found)) throw new Error(`no property "${property}" in element "${element}"`)
  return found
}

function exists(factory: string): boolean {
  try {
    new gst.Pipeline(`pipeline.( ${factory} )`)
    return true
  } catch {
    return false
  }
}

function report(message: Report): void {
  if (!process.connected) return
  if (inFlight > BACKLOG && (message.type === 'element' || message.type === 'warning')) return
  inFlight++
  process.send?.(message, () => inFlight--)
}

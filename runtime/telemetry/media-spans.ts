import { type Attributes, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { Core } from '../../core/core.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { Participant } from '../../core/room/participant.ts'
import type { Room } from '../../core/room/room.ts'
import type { Track } from '../../core/room/track.ts'
import type { Viewer } from '../../core/room/viewer.ts'
import { below, belowSpan } from './trace-context.ts'

/** Ends that an operator should look at. */
const FAULTS: readonly CloseReason[] = ['REFUSED', 'FAILED', 'MEDIA_WORKER_DIED', 'PLUGIN_STOPPED']

type Open = { readonly span: Span; bytes: number }

/**
 * From publish to viewer: a span for each participant with one for each of its tracks below, and a span for each viewer that
 * links to the publishers of its room.
 */
export class MediaSpans {
  readonly #tracer: Tracer
  readonly #core: Core
  /** By the id of what they are about. */
  readonly #open = new Map<string, Open>()
  #isRead = false

  constructor(tracer: Tracer, core: Core) {
    this.#tracer = tracer
    this.#core = core
    const { events } = core
    events.on('participant.joined', (participant) => this.#joined(participant))
    events.on('participant.left', ({ id }, reason) => void this.#end(id, reason))
    events.on('track.published', (track) => this.#published(track))
    events.on('track.remade', ({ id }) => void this.spanOf(id)?.addEvent('re-made on another media worker'))
    events.on('track.unpublished', (track, reason) => void this.#end(track.id, reason, bytesOf(track)))
    events.on('viewer.joined', (viewer) => this.#watches(viewer))
    events.on('viewer.left', (viewer, reason) => void this.#end(viewer.id, reason, bytesTo(viewer)))
  }

  /** The span of a participant, track or viewer that is there at the moment. */
  spanOf(id: string): Span | undefined {
    return this.#open.get(id)?.span
  }

  /** Takes the last reading of everything: what ends from now on may end together with its media worker. */
  async readLast(): Promise<void> {
    const rooms = this.#core.rooms.list()
    const tracks = rooms.flatMap((room) => room.tracks).map((track) => this.#note(track.id, bytesOf(track)))
    const viewers = rooms.flatMap((room) => [...room.viewers.values()]).map((viewer) => this.#note(viewer.id, bytesTo(viewer)))
    await Promise.all([...tracks, ...viewers])
    this.#isRead = true
  }

  /** Who never publishes has only joined. */
  #joined({ id, room, kind, identity, trace }: Participant): void {
    const attributes = { ...place(room), 'patchbay.participant': id, 'patchbay.kind': kind, 'patchbay.identity': identity }
    this.#begin(id, this.#tracer.startSpan('join', { attributes }, below(trace)))
  }

  #published(track: Track): void {
    const { id, participant, kind, codec, producer } = track
    const publisher = this.spanOf(participant.id)
    if (publisher && participant.tracks.size === 1) {
      publisher.updateName('publish')
      for (const viewer of participant.room.viewers.values()) this.spanOf(viewer.id)?.addLink({ context: publisher.spanContext() })
    }
    const attributes = {
      ...place(participant.room),
      'patchbay.participant': participant.id,
      'patchbay.track': id,
      'patchbay.kind': kind,
      'patchbay.codec': codec,
    }
    const span = this.#begin(id, this.#tracer.startSpan('track', { attributes }, belowSpan(publisher)))
    producer.observer.once('score', () => span.addEvent('first packet'))
  }

  #watches({ id, room, kind, trace }: Viewer): void {
    const attributes = { ...place(room), 'patchbay.viewer': id, 'patchbay.kind': kind }
    const spans = room.publishers.flatMap((publisher) => this.spanOf(publisher.id) ?? [])
    const links = spans.map((span) => ({ context: span.spanContext() }))
    this.#begin(id, this.#tracer.startSpan('view', { attributes, links }, below(trace)))
  }

  #begin(id: string, span: Span): Span {
    this.#open.set(id, { span, bytes: 0 })
    return span
  }

  async #note(id: string, reading: Promise<number>): Promise<void> {
    const open = this.#open.get(id)
    const bytes = await reading
    if (open) open.bytes = Math.max(open.bytes, bytes)
  }

  async #end(id: string, reason: CloseReason, reading?: Promise<number>): Promise<void> {
    const endedAt = Date.now()
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    const { span, bytes } = open
    span.setAttribute('patchbay.reason', reason)
    if (FAULTS.includes(reason)) span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
    if (reading) span.setAttribute('patchbay.bytes', this.#isRead ? bytes : Math.max(bytes, await reading))
    span.end(endedAt)
  }
}

function place({ app, name }: Room): Attributes {
  return { 'patchbay.app': app.name, 'patchbay.room': name }
}

/** Nothing when the media worker has gone, and what it had counted with it. */
function bytesOf(track: Track): Promise<number> {
  return track.stats().then(
    ({ bytesReceived }) => bytesReceived,
    () => 0,
  )
}

function bytesTo(viewer: Viewer): Promise<number> {
  return viewer.bytesSent().catch(() => 0)
}

import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { CoreEvents } from '../../core/events/events.ts'
import type { WebRtcSession } from '../../core/webrtc/session.ts'
import { belowSpan } from './trace-context.ts'

/** How long ICE and DTLS take: one span for each WebRTC session, below its participant's or viewer's, from the answer on. */
export class ConnectSpans {
  readonly #tracer: Tracer
  readonly #spanOf: (id: string) => Span | undefined

  /** @param spanOf The span of a participant or viewer by its id. */
  constructor(tracer: Tracer, events: CoreEvents, spanOf: (id: string) => Span | undefined) {
    this.#tracer = tracer
    this.#spanOf = spanOf
    events.on('session.opened', (session) => this.#follow(session))
  }

  #follow({ ownerId, transport: { observer } }: WebRtcSession): void {
    const span = this.#tracer.startSpan('connect', {}, belowSpan(this.#spanOf(ownerId)))
    observer.on('icestatechange', (state) => {
      if (state === 'connected') span.addEvent('ice connected')
    })
    observer.on('dtlsstatechange', (state) => {
      if (state === 'connected') span.addEvent('dtls connected').end()
      else if (state === 'failed') end(span, 'the DTLS handshake failed')
    })
    observer.once('close', () => end(span, 'closed before it was connected'))
  }
}

function end(span: Span, message: string): void {
  if (!span.isRecording()) return
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.end()
}

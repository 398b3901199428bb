import type { Duplex } from 'node:stream'
import type { Log } from '../../../core/kernel/log.ts'
import type { MediaMessage } from './flv.ts'
import type { StreamMetadata } from './metadata.ts'
import type { PublishRequest } from './publish-request.ts'

/** Why a connection ended: the encoder stopped, vanished, fell silent, broke the protocol, was refused, or we closed it. */
export type CloseReason = 'UNPUBLISHED' | 'DISCONNECTED' | 'IDLE' | 'PROTOCOL_ERROR' | 'REFUSED' | 'REQUESTED'

export type RtmpConnectionEvents = {
  /** The encoder was told to go ahead; media follows. */
  publishing: [request: PublishRequest]
  media: [message: MediaMessage]
  /** Comes when the metadata is new, before the data message itself. */
  metadata: [metadata: StreamMetadata]
  /** Fires exactly once. `detail` is for logs and holds no secret. */
  closed: [reason: CloseReason, detail: string]
}

export interface RtmpConnectionOptions {
  /**
   * Decides about a publisher before it is answered; nothing more is read from it meanwhile. Reject with a `MediaError` to
   * refuse: a conflict becomes `NetStream.Publish.BadName`, every other one `.Denied`, and its message is what the encoder
   * shows. Aborts when the connection ends first; what was acquired by then is the caller's to give back.
   */
  authorize(request: PublishRequest, signal: AbortSignal): Promise<void>
  log: Log
  /** Milliseconds from the first byte to an accepted publish. Default 10,000. */
  openTimeoutMs?: number
  /** Milliseconds without one byte while publishing, answers to our pings included. Default 15,000. */
  idleTimeoutMs?: number
  /** What enhanced encoders are told that they may send. Default H.264 and AAC. */
  fourCcs?: { video: readonly string[]; audio: readonly string[] }
}

/** A TCP or TLS socket, or anything that behaves like one. */
export type RtmpSocket = Duplex & { readonly remoteAddress?: string | undefined; setNoDelay?(noDelay: boolean): unknown }

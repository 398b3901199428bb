import { isErrorCode, MediaError } from '../../core/kernel/errors.ts'

/** An error as it crosses a thread boundary, where class, name and `code` would be lost. */
export type WireError = { code: string; details: Readonly<Record<string, unknown>> }

/** From whoever calls. */
export type CallMessage =
  | { rpc: 'call'; id: number; group: string; method: string; args: unknown[]; signal: boolean }
  /** The caller no longer wants the answer, or no more of it. */
  | { rpc: 'cancel'; id: number }
  /** The caller has read this many values more. */
  | { rpc: 'credit'; id: number; count: number }

/** From whoever answers. */
export type AnswerMessage =
  | { rpc: 'value'; id: number; value: unknown }
  | { rpc: 'failed'; id: number; error: WireError }
  /** The answer is a sequence; its values follow. */
  | { rpc: 'sequence'; id: number }
  | { rpc: 'item'; id: number; value: unknown }
  | { rpc: 'end'; id: number }

/** Values that may be under way to a reader who has not read them yet. */
export const WINDOW = 16

/** Functions by group and name: what one side of a port offers to the other. Arguments and results are plain data. */
export type Api = { readonly [group: string]: { readonly [method: string]: (...args: never[]) => unknown } }

/**
 * An `Api` as the other side sees it: the same calls, answered later. A function that returns an async iterable is answered
 * with one, once its far side has begun. An `AbortSignal` may only be a function's last argument; it crosses as one.
 */
export type Remote<A> = {
  readonly [G in keyof A]: {
    readonly [M in keyof A[G]]: A[G][M] extends (...args: infer P) => infer R ? (...args: P) => Promise<RemoteResult<Awaited<R>>> : never
  }
}

type RemoteResult<R> = R extends AsyncIterable<infer T> ? AsyncIterableIterator<T> : R

export function toWire(error: MediaError): WireError {
  return { code: error.code, details: error.details }
}

export function fromWire({ code, details }: WireError): MediaError {
  return new MediaError(isErrorCode(code) ? code : 'INTERNAL', details)
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

import type { MessagePort } from 'node:worker_threads'
import { MediaError } from '../../core/kernel/errors.ts'
import { type AnswerMessage, type Api, type CallMessage, fromWire, isAsyncIterable, type Remote, toWire } from './rpc-protocol.ts'
import { RemoteSequence, type Sender, sendSequence } from './rpc-sequence.ts'

export type { Api, Remote } from './rpc-protocol.ts'

/** Calls that may be open at once; the next one is refused as `OVERLOADED`. */
const MAX_OPEN_CALLS = 10_000

export type ExposeOptions = {
  /** Stands in `INTERNAL` errors, so that a reader of the log knows where to look. */
  owner: string
  /** Hears what is thrown and is no `MediaError`: a bug of ours, whose message reaches no caller. */
  onFault: (error: unknown, call: string) => void
}

/**
 * Answers the calls that `connect` makes at the other end of the port.
 *
 * One port can carry both directions. What was not answered when the port closes is cancelled.
 */
export function expose(port: MessagePort, api: Api, { owner, onFault }: ExposeOptions): void {
  const open = new Map<number, { abort: AbortController; sender?: Sender }>()
  const post = (message: AnswerMessage) => port.postMessage(message)

  const answer = async ({ id, group, method, args, signal }: CallMessage & { rpc: 'call' }) => {
    const call: { abort: AbortController; sender?: Sender } = { abort: new AbortController() }
    open.set(id, call)
    try {
      if (signal) args.push(call.abort.signal)
      const value = await find(api, group, method)(...args)
      if (isAsyncIterable(value)) {
        call.sender = sendSequence(id, value, post)
        if (call.abort.signal.aborted) call.sender.cancel()
        await call.sender.done
      } else if (!call.abort.signal.aborted) {
        post({ rpc: 'value', id, value })
      }
    } catch (error) {
      if (call.abort.signal.aborted) return
      if (!(error instanceof MediaError)) onFault(error, `${group}.${method}`)
      post({ rpc: 'failed', id, error: toWire(error instanceof MediaError ? error : new MediaError('INTERNAL', { owner })) })
    } finally {
      open.delete(id)
    }
  }

  port.on('message', (message: CallMessage | AnswerMessage) => {
    if (message.rpc === 'call') {
      void answer(message)
    } else if (message.rpc === 'cancel') {
      const call = open.get(message.id)
      call?.abort.abort()
      call?.sender?.cancel()
    } else if (message.rpc === 'credit') {
      open.get(message.id)?.sender?.credit(message.count)
    }
  })
  port.on('close', () => {
    for (const call of open.values()) {
      call.abort.abort()
      call.sender?.cancel()
    }
  })
}

function find(api: Api, group: string, method: string): (...args: unknown[]) => unknown {
  const functions = Object.hasOwn(api, group) ? api[group] : undefined
  const found = functions && Object.hasOwn(functions, method) ? functions[method] : undefined
  if (!functions || typeof found !== 'function') throw new MediaError('NOT_FOUND', { call: `${group}.${method}` })
  // What crosses is checked by the types on the calling side; here it is only known to be a list.
  return (found as (...args: unknown[]) => unknown).bind(functions)
}

type Pending = { resolve: (value: unknown) => void; reject: (error: unknown) => void; forget: () => void }

/**
 * Calls what is exposed at the other end of the port.
 *
 * @param peer Who is there: named in `PLUGIN_UNAVAILABLE`, which everything open fails with when the port closes.
 */
export function connect<A>(port: MessagePort, peer: string): Remote<A> {
  const pending = new Map<number, Pending>()
  const sequences = new Map<number, RemoteSequence>()
  let lastId = 0
  let closed = false
  const post = (message: CallMessage) => port.postMessage(message)

  const call = (group: string, method: string, args: unknown[]) => {
    const last = args.at(-1)
    const signal = last instanceof AbortSignal ? last : undefined
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (closed) return Promise.reject(new MediaError('PLUGIN_UNAVAILABLE', { plugin: peer }))
    if (pending.size >= MAX_OPEN_CALLS) return Promise.reject(new MediaError('OVERLOADED', { plugin: peer }))

    const id = ++lastId
    return new Promise<unknown>((resolve, reject) => {
      const cancel = () => {
        post({ rpc: 'cancel', id })
        settle(id)?.reject(signal?.reason)
        sequences.get(id)?.fail(signal?.reason)
      }
      signal?.addEventListener('abort', cancel, { once: true })
      pending.set(id, { resolve, reject, forget: () => signal?.removeEventListener('abort', cancel) })
      try {
        post({ rpc: 'call', id, group, method, args: signal ? args.slice(0, -1) : args, signal: signal !== undefined })
      } catch (error) {
        settle(id)?.reject(error)
      }
    })
  }

  const settle = (id: number): Pending | undefined => {
    const entry = pending.get(id)
    pending.delete(id)
    entry?.forget()
    return entry
  }

  const begin = (id: number) => {
    const entry = pending.get(id)
    if (!entry) return post({ rpc: 'cancel', id })
    pending.delete(id)
    const sequence = new RemoteSequence(id, post, () => {
      sequences.delete(id)
      entry.forget()
    })
    sequences.set(id, sequence)
    entry.resolve(sequence)
  }

  port.on('message', (message: CallMessage | AnswerMessage) => {
    if (message.rpc === 'value') settle(message.id)?.resolve(message.value)
    else if (message.rpc === 'sequence') begin(message.id)
    else if (message.rpc === 'item') sequences.get(message.id)?.push(message.value)
    else if (message.rpc === 'end') sequences.get(message.id)?.end()
    else if (message.rpc === 'failed') {
      const error = fromWire(message.error)
      settle(message.id)?.reject(error)
      sequences.get(message.id)?.fail(error)
    }
  })
  port.on('close', () => {
    closed = true
    const gone = new MediaError('PLUGIN_UNAVAILABLE', { plugin: peer })
    for (const id of [...pending.keys()]) settle(id)?.reject(gone)
    for (const sequence of [...sequences.values()]) sequence.fail(gone)
  })

  return callable((group) =>
    callable(
      (method) =>
        (...args: unknown[]) =>
          call(group, method, args),
    ),
  ) as Remote<A>
}

/** An object that makes each property on first use. Awaiting it must not look like a call, so it has no `then`. */
function callable<T>(make: (name: string) => T): object {
  const made = new Map<string, T>()
  return new Proxy(Object.freeze({}), {
    get(_, name) {
      if (typeof name !== 'string' || name === 'then') return undefined
      const known = made.get(name) ?? make(name)
      made.set(name, known)
      return known
    },
  })
}

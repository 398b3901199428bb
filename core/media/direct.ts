import type { types } from 'mediasoup'

const transports = new WeakMap<types.Router, Promise<types.DirectTransport>>()
const producers = new WeakMap<types.Router, Promise<types.DataProducer>>()

/** The transport of a router that leads into this process: for messages, never for media. One per router, made when first needed. */
export function directTransport(router: types.Router): Promise<types.DirectTransport> {
  return oncePer(transports, router, () => router.createDirectTransport())
}

/** The server's own data producer in a router. Nothing is sent through it: what consumes it is written to one by one. */
export function directDataProducer(router: types.Router): Promise<types.DataProducer> {
  return oncePer(producers, router, async () => (await directTransport(router)).produceData({ label: 'room' }))
}

function oncePer<T>(made: WeakMap<types.Router, Promise<T>>, router: types.Router, make: () => Promise<T>): Promise<T> {
  const known = made.get(router)
  if (known) return known
  const making = make()
  made.set(router, making)
  making.catch(() => made.delete(router))
  return making
}

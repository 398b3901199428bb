import type { types } from 'mediasoup'

/** What a peer receives of the room's own data channel: one that repeats what is lost, one that does not, or both. */
export class PeerRoomData {
  #reliable: types.DataConsumer | undefined
  #lossy: types.DataConsumer | undefined

  /** The later of two of a kind is the one that is written to. */
  use(media: types.DataConsumer, reliable: boolean): void {
    if (reliable) this.#reliable = media
    else this.#lossy = media
  }

  /** Whoever has only one of the two kinds gets everything by that. A message that its buffer has no room for is dropped. */
  async send(payload: string, reliable: boolean): Promise<void> {
    const [reliableOne, lossyOne] = [open(this.#reliable), open(this.#lossy)]
    const consumer = reliable ? (reliableOne ?? lossyOne) : (lossyOne ?? reliableOne)
    await consumer?.send(payload).catch(() => {})
  }
}

function open(consumer: types.DataConsumer | undefined): types.DataConsumer | undefined {
  return consumer?.closed ? undefined : consumer
}

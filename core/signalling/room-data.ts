import type { types } from 'mediasoup'
import type { CoreEvents } from '../events/events.ts'
import type { Log } from '../kernel/log.ts'
import { directTransport } from '../media/direct.ts'
import type { PeerDataProducer } from './data-flow.ts'
import type { Peer } from './peer.ts'
import { hasTopic, type NewRoomMessage, type RoomMessage, roomMessage, wordsOf } from './room-message.ts'

type RoomDataDependencies = { peersIn: (room: string) => readonly Peer[]; events: CoreEvents; log: Log }

/** Messages of one participant that are read within a second; more are let pass unread, for the others only. */
const MOST_READ = 20
const REST_MS = 1_000
const LONGEST_BYTES = 16_384

/** What is said in rooms beside the media: the server writes to participants, and reads what they write on the topics it knows. */
export class RoomData {
  readonly #of: RoomDataDependencies

  constructor(dependencies: RoomDataDependencies) {
    this.#of = dependencies
    dependencies.events.on('dataProducer.opened', (producer) => {
      const { label } = producer.media
      if (label === 'chat' || label === 'reaction') void this.#read(producer, label)
    })
  }

  /**
   * Says something in a room, to whoever receives the room's own data channel or follows its messages.
   *
   * @returns When it is on its way. Whoever can't take more at the moment misses it.
   * @throws {MediaError} `INPUT_INVALID` naming the field, or `FEATURE_DISABLED`.
   */
  async send(place: Pick<RoomMessage, 'app' | 'room' | 'stream'>, input: NewRoomMessage): Promise<RoomMessage> {
    const message = roomMessage(place, input)
    const { to, payload, room } = message
    const peers = this.#of.peersIn(room).filter(({ participant }) => to.length === 0 || to.includes(participant.identity))
    this.#tell(message)
    await Promise.all(peers.map((peer) => peer.roomData.send(payload, input.reliable ?? true)))
    return message
  }

  #tell(message: RoomMessage): void {
    const { events } = this.#of
    events.emit('room.message', message)
    if (message.topic === 'chat') events.emit('chat.message', message)
    if (message.topic === 'reaction') events.emit('chat.reaction', message)
  }

  /** A participant's data channel ends with its producer, and so does what reads along. */
  async #read(producer: PeerDataProducer, topic: string): Promise<void> {
    const { participant, peer } = producer
    try {
      const transport = await directTransport(peer.room.media.main)
      const reader = await transport.consumeData({ dataProducerId: producer.id })
      const mayRead = limited(reader)
      reader.on('message', (bytes) => {
        if (!mayRead() || bytes.byteLength > LONGEST_BYTES) return
        const { app, name: room } = participant.room
        if (!hasTopic(app, topic)) return
        const payload = bytes.toString()
        const { identity } = participant
        const stream = `${room}/${identity}`
        this.#tell({ app, room, stream, topic, from: identity, ...wordsOf(topic, payload), payload, to: [], at: new Date() })
      })
    } catch (error) {
      if (!producer.media.closed) this.#of.log.warn({ err: error, participant: participant.id }, 'data channel can not be read along')
    }
  }
}

/** Whether one more message may be read; a flood is kept out of this process for a while. */
function limited(reader: types.DataConsumer): () => boolean {
  let count = 0
  let since = Date.now()
  return () => {
    if (Date.now() - since > REST_MS) {
      since = Date.now()
      count = 0
    }
    if (++count === MOST_READ) {
      void reader.pause().catch(() => {})
      setTimeout(() => void reader.resume().catch(() => {}), REST_MS).unref()
    }
    return count <= MOST_READ
  }
}

import type { types } from 'mediasoup'
import { Feed } from '../kernel/feed.ts'
import type { Room } from '../room/room.ts'
import type { Track } from '../room/track.ts'

export type Speaker = {
  track: Track
  /** Loudness in dBvo, -127 (silence) to 0, averaged over the last interval. */
  volume: number
  /** Whether it leads the conversation, by the algorithm of Volfin and Cohen. */
  dominant: boolean
}

const INTERVAL_MS = 300
/** What is quieter does not count as speaking, in dBvo. */
const THRESHOLD = -55
const MOST_SPEAKERS = 10

/** Who speaks in a room, loudest first. Its media worker measures only while somebody watches. */
export class ActiveSpeakers {
  readonly #room: Room
  readonly #watchers = new Set<Feed<readonly Speaker[]>>()
  #stop: (() => void) | undefined
  #current: readonly Speaker[] = []
  #dominant: string | undefined

  constructor(room: Room) {
    this.#room = room
  }

  /** The present speakers, then every change; a slow watcher gets the latest. */
  watch(): Feed<readonly Speaker[]> {
    const feed: Feed<readonly Speaker[]> = new Feed({
      keyOf: () => 'speakers',
      onEnd: () => {
        this.#watchers.delete(feed)
        if (this.#watchers.size > 0) return
        this.#stop?.()
        this.#stop = undefined
      },
    })
    this.#watchers.add(feed)
    this.#stop ??= this.#start()
    feed.push(this.#current)
    return feed
  }

  #start(): () => void {
    const { events, media } = this.#room
    let observers: types.RtpObserver[] = []
    let stopped = false

    const measure = async () => {
      this.#tell([])
      const { main } = media
      const [levels, leader] = await Promise.all([
        main.createAudioLevelObserver({ maxEntries: MOST_SPEAKERS, threshold: THRESHOLD, interval: INTERVAL_MS }),
        main.createActiveSpeakerObserver({ interval: INTERVAL_MS }),
      ])
      if (stopped || main !== media.main) {
        levels.close()
        leader.close()
        return
      }
      observers = [levels, leader]
      leader.on('dominantspeaker', ({ producer }) => {
        this.#dominant = producer.id
        this.#tell(this.#current)
      })
      levels.on('volumes', (volumes) => this.#tell(this.#speakersIn(volumes)))
      levels.on('silence', () => this.#tell([]))
      for (const track of this.#room.tracks) listen(track)
    }
    const listen = ({ participant, kind, producer }: Track) => {
      if (participant.room !== this.#room || kind !== 'audio' || producer.closed) return
      // Fails only when the producer or the observer has gone meanwhile.
      for (const observer of observers) if (!observer.closed) observer.addProducer({ producerId: producer.id }).catch(() => {})
    }
    // A router that dies meanwhile is followed by another, and by `remade`.
    const begin = () => void measure().catch(() => {})
    const closed = (room: Room) => {
      if (room === this.#room) for (const feed of [...this.#watchers]) feed.end()
    }

    begin()
    media.events.on('remade', begin)
    events.on('track.published', listen).on('track.remade', listen).on('room.closed', closed)
    return () => {
      stopped = true
      media.events.off('remade', begin)
      events.off('track.published', listen).off('track.remade', listen).off('room.closed', closed)
      for (const observer of observers) observer.close()
      this.#current = []
    }
  }

  #speakersIn(volumes: readonly types.AudioLevelObserverVolume[]): Speaker[] {
    return volumes.flatMap(({ producer, volume }) => {
      const track = this.#room.tracks.find((one) => one.producer.id === producer.id)
      return track ? [{ track, volume, dominant: false }] : []
    })
  }

  #tell(speakers: readonly Speaker[]): void {
    const quiet = speakers.length === 0 && this.#current.length === 0
    this.#current = speakers.map((speaker) => ({ ...speaker, dominant: speaker.track.producer.id === this.#dominant }))
    if (!quiet) for (const feed of this.#watchers) feed.push(this.#current)
  }
}

/** Kinds of message that carry their own timeline. */
export type MediaKind = 'audio' | 'video' | 'data'

/** Where one kind stands: what its encoder said last, and which session time that was. */
interface Anchor {
  raw: number
  time: number
  /** The last time given out; never goes back. */
  last: number
}

/** Further ahead of everything else than this is a jump of the encoder's clock, not a gap: it would be idle long before. */
const MAX_AHEAD_MS = 20_000
const MAX_BEHIND_MS = 10_000
/** A step back that is held until time catches up; a longer one is a jump. */
const MAX_STEP_BACK_MS = 1_000
/** Encoders without extended timestamps start over after 24 bits. */
const WRAP_24 = 0x1000000

/**
 * Turns the 32-bit timestamps of an encoder into session time: milliseconds from the first media message, which never go
 * back within one kind, and keep audio and video as far apart as the encoder meant them to be.
 *
 * Survives 32-bit and 24-bit wraps, any start value and jumps of the encoder's clock. After a jump time goes on where it was;
 * the kind that jumps second joins the one that jumped first, so lip sync is kept. When kinds run on unrelated clocks,
 * each goes on from its own start.
 */
export class SessionTime {
  readonly #anchors = new Map<MediaKind, Anchor>()
  #latest = 0

  /** @param raw Milliseconds, as the message said. */
  at(kind: MediaKind, raw: number): number {
    if (kind === 'data') return this.#dataTime(raw)
    const own = this.#anchors.get(kind)
    const time = this.#place(own, raw)
    const last = Math.max(own?.last ?? 0, time)
    if (own) {
      own.raw = raw
      own.time = time
      own.last = last
    } else {
      this.#anchors.set(kind, { raw, time, last })
    }
    if (last > this.#latest) this.#latest = last
    return last
  }

  #place(own: Anchor | undefined, raw: number): number {
    const lowest = Math.max(this.#latest - MAX_BEHIND_MS, own ? own.last - MAX_STEP_BACK_MS : -MAX_BEHIND_MS)
    const fits = (time: number) => time >= lowest && time <= this.#latest + MAX_AHEAD_MS
    if (own) {
      const time = from(own, raw)
      if (fits(time)) return time
      if (fits(time + WRAP_24)) return time + WRAP_24
    }
    for (const other of this.#anchors.values()) {
      if (other !== own && fits(from(other, raw))) return from(other, raw)
    }
    return this.#latest
  }

  /** Metadata often says 0 in the middle of a session; it never moves the clock. */
  #dataTime(raw: number): number {
    for (const anchor of this.#anchors.values()) {
      const time = from(anchor, raw)
      if (Math.abs(time - this.#latest) <= MAX_STEP_BACK_MS) return Math.max(0, time)
    }
    return this.#latest
  }
}

/** The difference as a signed 32-bit number makes the wrap at 2^32 invisible. */
function from(anchor: Anchor, raw: number): number {
  return anchor.time + ((raw - anchor.raw) | 0)
}

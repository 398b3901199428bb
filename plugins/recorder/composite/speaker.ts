/** What is quieter does not count as speaking, in dBFS. */
const THRESHOLD_DB = -50
/** How much louder than the present speaker somebody has to be, in dB. */
const MARGIN_DB = 3
/** Milliseconds that somebody has to be the loudest before it counts: a cough does not. */
const CONVINCED_MS = 600
/** Milliseconds that a speaker is kept at least. */
const KEPT_MS = 2_000
/** How much of the new loudness goes into what is remembered. */
const WEIGHT = 0.5

/** Tells who leads a conversation from how loud everybody is. */
export class SpeakerPicker {
  readonly #loudness = new Map<string, number>()
  #speaker: string | undefined
  #since = Number.NEGATIVE_INFINITY
  #rival: { id: string; since: number } | undefined

  constructor(speaker?: string) {
    this.#speaker = speaker
  }

  get speaker(): string | undefined {
    return this.#speaker
  }

  /**
   * @param loudnessDb In dBFS, `-Infinity` to 0.
   * @param nowMs Milliseconds of any clock that only goes forward.
   * @returns Whether there is another speaker now.
   */
  hear(id: string, loudnessDb: number, nowMs: number): boolean {
    const heard = Math.max(loudnessDb, SILENCE_DB)
    this.#loudness.set(id, (this.#loudness.get(id) ?? SILENCE_DB) * (1 - WEIGHT) + heard * WEIGHT)
    const loudest = this.#loudest()
    if (loudest === undefined || loudest === this.#speaker) {
      this.#rival = undefined
      return false
    }
    if (this.#rival?.id !== loudest) this.#rival = { id: loudest, since: nowMs }
    if (nowMs - this.#rival.since < CONVINCED_MS || nowMs - this.#since < KEPT_MS) return false
    this.#speaker = loudest
    this.#since = nowMs
    this.#rival = undefined
    return true
  }

  /** The present speaker, unless somebody is clearly louder. */
  #loudest(): string | undefined {
    const own = this.#speaker === undefined ? SILENCE_DB : (this.#loudness.get(this.#speaker) ?? SILENCE_DB)
    let best: { id: string; db: number } | undefined
    for (const [id, db] of this.#loudness) if (!best || db > best.db) best = { id, db }
    if (!best || best.db < THRESHOLD_DB) return this.#speaker
    return best.db > own + MARGIN_DB ? best.id : (this.#speaker ?? best.id)
  }
}

const SILENCE_DB = -100

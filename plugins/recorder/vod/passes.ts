import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppInfo } from '../../kit/core-api.ts'

const FILE = 'playback.key'
const KEY_BYTES = 32

type Place = Pick<AppInfo, 'name' | 'folder'>

/**
 * Links that let whoever has them read one thing of an app for a while. They stand in the path, so that what a playlist names is below
 * them. The key that signs them is made once for each app, and lies in its folder.
 */
export class Passes {
  readonly #keys = new Map<string, Promise<Buffer>>()

  /** @param what Such as `vod/12`. @param expiresInS Seconds from now. */
  async issue(app: Place, what: string, expiresInS: number, now = Date.now()): Promise<string> {
    const until = (Math.floor(now / 1_000) + expiresInS).toString(36)
    return `${until}.${await this.#sign(app, what, until)}`
  }

  /** Whether a pass is ours, for this, and not over. */
  async admits(app: Place, what: string, pass: string, now = Date.now()): Promise<boolean> {
    const [until = '', signature = ''] = pass.split('.')
    const given = Buffer.from(signature)
    const right = Buffer.from(await this.#sign(app, what, until))
    if (given.length !== right.length || !timingSafeEqual(given, right)) return false
    return Number.parseInt(until, 36) * 1_000 > now
  }

  /** The app is gone: another of its name has another key. */
  forget(app: string): void {
    this.#keys.delete(app)
  }

  async #sign(app: Place, what: string, until: string): Promise<string> {
    const key = await this.#key(app)
    return createHmac('sha256', key).update(`${app.name}\n${what}\n${until}`).digest('base64url')
  }

  #key({ name, folder }: Place): Promise<Buffer> {
    const known = this.#keys.get(name)
    if (known) return known
    const reading = keyIn(join(folder, FILE))
    this.#keys.set(name, reading)
    reading.catch(() => this.#keys.delete(name))
    return reading
  }
}

/** Made when there is none. */
async function keyIn(file: string): Promise<Buffer> {
  try {
    await writeFile(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFile(file)
}

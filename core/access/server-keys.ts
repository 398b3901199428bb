import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { MediaError } from '../kernel/errors.ts'
import { SEALING_KEY_BYTES, seal, unseal } from './seal.ts'

/** Under which key join tokens are signed: its name is their issuer, its secret signs them. */
export type LiveKitKey = { readonly apiKey: string; readonly apiSecret: string }

const OWNER_ONLY = 0o600

const keptSecrets = z.object({
  /** Seals what stands in the databases. */
  sealingKey: z.base64().refine((text) => Buffer.from(text, 'base64').length === SEALING_KEY_BYTES, `must be ${SEALING_KEY_BYTES} bytes`),
  liveKit: z.object({ apiKey: z.string().min(1), apiSecret: z.string().min(1) }),
  /** What somebody else gave us to keep, by name. */
  secrets: z.record(z.string(), z.string()),
})

type KeptSecrets = z.infer<typeof keptSecrets>

/** The server's own keys and the secrets it was given, in `DATA_DIR/secrets.json`. Only the server's user may read that file. */
export class ServerKeys {
  /** What the operator named; else what the first start made. */
  readonly liveKit: LiveKitKey
  readonly #path: string
  readonly #sealingKey: Uint8Array
  #kept: KeptSecrets
  #written: Promise<void> = Promise.resolve()

  /** @throws {MediaError} `CONFIG_INVALID` for a file that can not be understood: without it, what was sealed stays sealed. */
  static async load(dataDir: string, named?: LiveKitKey): Promise<ServerKeys> {
    const path = join(dataDir, 'secrets.json')
    const kept = await read(path)
    if (kept) return new ServerKeys(path, kept, named)
    const made = {
      sealingKey: randomBytes(SEALING_KEY_BYTES).toString('base64'),
      liveKit: { apiKey: `API${randomBytes(9).toString('hex')}`, apiSecret: randomBytes(32).toString('base64url') },
      secrets: {},
    }
    await mkdir(dataDir, { recursive: true, mode: 0o750 })
    await write(path, made)
    return new ServerKeys(path, made, named)
  }

  private constructor(path: string, kept: KeptSecrets, named?: LiveKitKey) {
    this.#path = path
    this.#kept = kept
    this.#sealingKey = Buffer.from(kept.sealingKey, 'base64')
    this.liveKit = named ?? kept.liveKit
  }

  /** Encrypts what must be read again later, so that a copy of a database gives nothing away. */
  seal(text: string): string {
    return seal(this.#sealingKey, text)
  }

  /** @throws when it was sealed under another key, or was changed since. */
  unseal(sealed: string): string {
    return unseal(this.#sealingKey, sealed)
  }

  /** A secret by its dotted name, such as `s3.live.key`. */
  secret(name: string): string | undefined {
    return Object.hasOwn(this.#kept.secrets, name) ? this.#kept.secrets[name] : undefined
  }

  /** Keeps a secret, or forgets it. Settles when that is on disk; until then the old one counts. */
  setSecret(name: string, value: string | undefined): Promise<void> {
    const done = this.#written.then(async () => {
      const secrets = Object.fromEntries(Object.entries(this.#kept.secrets).filter(([other]) => other !== name))
      if (value !== undefined) secrets[name] = value
      const kept = { ...this.#kept, secrets }
      await write(this.#path, kept)
      this.#kept = kept
    })
    this.#written = done.catch(() => {})
    return done
  }
}

async function read(path: string): Promise<KeptSecrets | undefined> {
  const refuse = (problem: string) => new MediaError('CONFIG_INVALID', { issues: [{ name: 'DATA_DIR', problem: `(${path}) ${problem}` }] })
  let text: string
  try {
    text = await readFile(path, 'utf8')
    await chmod(path, OWNER_ONLY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refuse('is no JSON: put back a copy of it, or remove it and give up what was sealed with it')
  }
  const { data, error } = keptSecrets.safeParse(json)
  if (data) return data
  const { path: at, message } = error.issues[0] ?? { path: [], message: 'can not be understood' }
  throw refuse(`${at.join('.')}: ${message}`)
}

/** Replaces the file whole, so that a crash leaves the old one or the new one. */
async function write(path: string, kept: KeptSecrets): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: OWNER_ONLY, flush: true })
  await rename(`${path}.new`, path)
}

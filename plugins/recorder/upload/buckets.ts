import { isIP, type LookupFunction } from 'node:net'
import type { S3Access } from '../../../core/app/s3.ts'
import type { Host } from '../../kit/host.ts'
import type { Bucket } from './bucket.ts'

/** The buckets of apps. What talks to them takes 30 MiB, and is loaded for the first app that has one. */
export class Buckets {
  readonly #core: Host['core']
  /** Being asked for: once for all rows of a list. */
  readonly #access = new Map<string, Promise<S3Access | undefined>>()
  readonly #open = new Map<string, { readonly access: string; readonly bucket: Bucket }>()

  constructor({ core }: Pick<Host, 'core'>) {
    this.#core = core
  }

  /** The settings of an app's bucket; undefined while it has none. @throws {MediaError} `APP_NOT_FOUND` */
  access(app: string): Promise<S3Access | undefined> {
    const known = this.#access.get(app)
    if (known) return known
    const asked = this.#core.apps.s3(app)
    this.#access.set(app, asked)
    const done = () => this.#access.delete(app)
    asked.then(done, done)
    return asked
  }

  /**
   * As the app is configured at the moment; undefined while it has none.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` for an endpoint that this server may not connect to.
   */
  async of(app: string): Promise<Bucket | undefined> {
    const access = await this.access(app)
    if (!access) {
      this.forget(app)
      return undefined
    }
    if (access.endpoint !== '') await this.#core.outbound.screen(access.endpoint, { field: 'endpoint' })
    const key = JSON.stringify(access)
    const known = this.#open.get(app)
    if (known?.access === key) return known.bucket
    this.forget(app)
    const { Bucket } = await import('./bucket.ts')
    const bucket = new Bucket(access, this.#lookup)
    this.#open.set(app, { access: key, bucket })
    return bucket
  }

  forget(app: string): void {
    this.#access.delete(app)
    this.#open.get(app)?.bucket.close()
    this.#open.delete(app)
  }

  close(): void {
    for (const app of [...this.#open.keys()]) this.forget(app)
  }

  /** Asked for every connection, so that a name which leads to a private network a moment later is refused then. */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    this.#core.outbound.check(`https://${hostname}`, { field: 'endpoint' }).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first = { address: '', family: 0 }] = found
        if (options.all) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, []),
    )
  }
}

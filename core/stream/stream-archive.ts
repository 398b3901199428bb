import type { App } from '../app/app.ts'
import type { Log } from '../kernel/log.ts'
import type { Stream } from './stream.ts'
import { StreamRows } from './stream-rows.ts'

/** The streams of all apps, each app's in its own database. */
export class StreamArchive {
  readonly #log: Log
  readonly #rows = new Map<App, StreamRows>()

  constructor(log: Log) {
    this.#log = log
  }

  of(app: App): StreamRows {
    let rows = this.#rows.get(app)
    if (!rows) {
      rows = new StreamRows(app, this.#log)
      this.#rows.set(app, rows)
    }
    return rows
  }

  save(stream: Stream): void {
    this.of(stream.app).save(stream)
  }

  async close(): Promise<void> {
    for (const rows of this.#rows.values()) await rows.close()
  }
}

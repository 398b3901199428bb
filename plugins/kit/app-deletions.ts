import type { AppDeletion } from '../../core/app/apps.ts'

export type AppDeletionHandler = (app: string, deletion: AppDeletion) => void | Promise<void>

/** What a plugin does before an app is deleted. */
export class AppDeletions {
  readonly #handlers: AppDeletionHandler[] = []

  add(handler: AppDeletionHandler): void {
    this.#handlers.push(handler)
  }

  get any(): boolean {
    return this.#handlers.length > 0
  }

  /** In the order they were added, until one refuses. */
  async run(app: string, deletion: AppDeletion): Promise<void> {
    for (const handler of this.#handlers) await handler(app, deletion)
  }
}

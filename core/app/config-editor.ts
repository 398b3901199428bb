import { MediaError } from '../kernel/errors.ts'
import type { Turns } from '../kernel/turns.ts'
import type { App } from './app.ts'
import type { SecretsChange } from './app-secrets.ts'
import { type ConfigBackup, listBackups, readBackup, takeBackup } from './config-backups.ts'
import { type ConfigChange, changeConfig } from './config-change.ts'
import { readConfigText, writeConfigText } from './config-file.ts'
import { parseConfig, requireMapping } from './config-yaml.ts'
import { lineDiff } from './line-diff.ts'
import { findPreset } from './presets.ts'

/** How a text would do as an app's file. */
export type ConfigCheck = {
  readonly valid: boolean
  readonly warnings: readonly string[]
  /** Why it can not be used. */
  readonly error: string | undefined
  /** Every line of the present file and this text, marked; empty when they are the same. */
  readonly diff: string
  readonly changed: boolean
}

export type ConfigReload = { readonly reloaded: boolean; readonly warnings: readonly string[] }

export type AppliedPreset = {
  readonly preset: string
  /** Dotted keys of the file that have other values now. */
  readonly changed: readonly string[]
  readonly diff: string
  readonly warnings: readonly string[]
}

type ConfigEditorDependencies = {
  turns: Turns
  /** @throws {MediaError} when the app can not have this configuration beside the others. */
  require: (app: App, config: App['config']) => void
  /** Follows a configuration that was read. */
  follow: (app: App, config: App['config']) => Promise<void>
}

/**
 * Reads and writes the `config.yaml` of each app, one writer at a time. What it replaces is kept as a backup. A file that somebody edits
 * by hand counts from the next `reload` on: half a file, saved too early, does no harm.
 */
export class ConfigEditor {
  readonly #turns: Turns
  readonly #require: ConfigEditorDependencies['require']
  readonly #follow: ConfigEditorDependencies['follow']

  constructor({ turns, require, follow }: ConfigEditorDependencies) {
    this.#turns = turns
    this.#require = require
    this.#follow = follow
  }

  text(app: App): Promise<string> {
    return readConfigText(app.folder)
  }

  /**
   * Changes single keys, and what is kept beside the file; what the file says besides, and its comments, stay.
   *
   * @throws {MediaError} `INPUT_INVALID` naming the key, `APP_CONFIG_INVALID` when the file can't be read, or `APP_EXISTS` for a taken prefix.
   */
  change(app: App, change: ConfigChange, secrets: SecretsChange = {}): Promise<void> {
    return this.#turns.take(async () => {
      const before = await readConfigText(app.folder)
      const { text } = changeConfig(app.name, before, change)
      const { config } = this.#checked(app, text)
      await app.secrets.change(secrets)
      if (text !== before) await this.#write(app, before, text)
      await this.#follow(app, config)
    })
  }

  /**
   * Replaces the file.
   *
   * @returns What in it was not understood, or is not taken from there.
   * @throws {MediaError} `APP_CONFIG_INVALID` or `APP_EXISTS`; the file is then as it was.
   */
  replace(app: App, text: string): Promise<readonly string[]> {
    return this.#turns.take(() => this.#replace(app, text))
  }

  /** What `replace` would do. */
  async check(app: App, text: string): Promise<ConfigCheck> {
    const before = await readConfigText(app.folder)
    const outcome = { diff: lineDiff(before, text), changed: before !== text }
    try {
      const { warnings } = this.#written(app, text)
      return { valid: true, warnings, error: undefined, ...outcome }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      return { valid: false, warnings: [], error: error.message, ...outcome }
    }
  }

  /** Newest first. */
  backups(app: App): Promise<ConfigBackup[]> {
    return listBackups(app.folder)
  }

  /** The text of a backup. @throws {MediaError} `NOT_FOUND` */
  backup(app: App, stamp: string): Promise<string> {
    return readBackup(app.folder, stamp)
  }

  /** Puts a backup back, as `replace` does. @throws {MediaError} `NOT_FOUND`, or as `replace` does. */
  revert(app: App, stamp: string): Promise<readonly string[]> {
    return this.#turns.take(async () => this.#replace(app, await readBackup(app.folder, stamp)))
  }

  /** Reads the file again. One that can't be used changes nothing, and the warnings say why. */
  reload(app: App): Promise<ConfigReload> {
    return this.#turns.take(async () => {
      try {
        const { config, warnings } = this.#checked(app, await readConfigText(app.folder))
        await this.#follow(app, config)
        return { reloaded: true, warnings }
      } catch (error) {
        if (!(error instanceof MediaError)) throw error
        return { reloaded: false, warnings: [error.message] }
      }
    })
  }

  /** @throws {MediaError} `NOT_FOUND` when there is no such preset, or `APP_CONFIG_INVALID` when the file can't be read. */
  applyPreset(app: App, name: string): Promise<AppliedPreset> {
    const preset = findPreset(name)
    return this.#turns.take(async () => {
      const before = await readConfigText(app.folder)
      const { text, changed } = changeConfig(app.name, before, preset.change)
      const { config, warnings } = this.#checked(app, text)
      if (text !== before) await this.#write(app, before, text)
      await this.#follow(app, config)
      return { preset: preset.name, changed, diff: lineDiff(before, text), warnings }
    })
  }

  async #replace(app: App, text: string): Promise<readonly string[]> {
    const { config, warnings } = this.#written(app, text)
    await this.#write(app, await readConfigText(app.folder), text)
    await this.#follow(app, config)
    return warnings
  }

  async #write(app: App, before: string, text: string): Promise<void> {
    if (before !== '') await takeBackup(app.folder, before)
    await writeConfigText(app.folder, text)
  }

  /** A text that somebody wrote: one that says nothing is a mistake. */
  #written(app: App, text: string): ReturnType<typeof parseConfig> {
    requireMapping(text)
    return this.#checked(app, text)
  }

  #checked(app: App, text: string): ReturnType<typeof parseConfig> {
    const parsed = parseConfig(app.name, text)
    this.#require(app, parsed.config)
    return parsed
  }
}

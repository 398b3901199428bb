import { parseArgs } from 'node:util'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import { VARIABLES } from './variables.ts'

export type Arguments = {
  readonly insecure: boolean
  readonly help: boolean
  /** Plugins are restarted when a file in their folder changes. */
  readonly reload: boolean
  /** Another `plugins.config.ts`, by its path from here. */
  readonly plugins?: string
}

/** @throws {MediaError} `CONFIG_INVALID` naming an argument that does not exist. */
export function readArguments(args: string[] = process.argv.slice(2)): Arguments {
  try {
    const flag = { type: 'boolean', default: false } as const
    const options = { insecure: flag, help: { ...flag, short: 'h' }, reload: flag, plugins: { type: 'string' } } as const
    const { plugins, ...flags } = parseArgs({ args, options }).values
    return { ...flags, ...(plugins !== undefined && { plugins }) }
  } catch (error) {
    throw new MediaError('CONFIG_INVALID', { issues: [{ name: 'arguments', problem: messageOf(error) }] })
  }
}

/** What `--help` prints. */
export function helpText(): string {
  const names = Object.entries(VARIABLES)
  const width = Math.max(...names.map(([name]) => name.length))
  const rows = names.map(([name, { fallback, help }]) => `  ${name.padEnd(width)}  ${help}${fallback ? ` [${fallback}]` : ''}`)
  return [
    'Usage: npm start -- [--insecure] [--plugins FILE] [--reload] [--help]',
    '',
    '  --insecure      listen beyond loopback although no credential is configured',
    '  --plugins FILE  the list of plugins [plugins.config.ts]',
    '  --reload        start a plugin again when a file in its folder changes',
    '  --help          show this page',
    '',
    'Environment variables [default]:',
    '',
    ...rows,
    '',
  ].join('\n')
}

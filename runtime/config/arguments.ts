import { parseArgs } from 'node:util'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import { VARIABLES } from './variables.ts'

export type Arguments = { readonly insecure: boolean; readonly help: boolean }

/** @throws {MediaError} `CONFIG_INVALID` naming an argument that does not exist. */
export function readArguments(args: string[] = process.argv.slice(2)): Arguments {
  try {
    const { values } = parseArgs({ args, options: { insecure: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
    return { insecure: values.insecure ?? false, help: values.help ?? false }
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
    'Usage: npm start -- [--insecure] [--help]',
    '',
    '  --insecure  listen beyond loopback although no credential is configured',
    '  --help      show this page',
    '',
    'Environment variables [default]:',
    '',
    ...rows,
    '',
  ].join('\n')
}

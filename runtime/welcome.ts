import { ownAddresses } from '../core/media/addresses.ts'
import type { Config } from './config/env.ts'
import type { Runtime } from './runtime.ts'
import { VERSION } from './version.ts'

/** The few lines an operator reads after a start. */
export function welcome({ host, publicUrl, tls, rtmpPort }: Config, { port, newToken, plugins }: Runtime): string {
  const name = hostName(host)
  const base = publicUrl ?? `${tls ? 'https' : 'http'}://${name}:${port}`
  const failed = plugins.list().filter(({ state }) => state !== 'RUNNING' && state !== 'DISABLED')
  const lines = [
    `Patchbay ${VERSION} is up.`,
    '',
    `  Live now   ${base}/`,
    `  Player     ${base}/play/live/demo`,
    `  RTMP       rtmp://${name}:${rtmpPort}/live/demo`,
    `  WHIP       ${base}/whip/live/demo`,
    `  GraphiQL   ${base}/graphql`,
    ...(newToken === undefined ? [] : ['', `  API token  ${newToken}`, '             shown this once: keep it']),
    ...failed.map((plugin) => `  ! plugin ${plugin.name} is ${plugin.state.toLowerCase()}: ${plugin.lastError ?? 'see the log'}`),
  ]
  return `${lines.join('\n')}\n\n`
}

function hostName(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost'
  if (host !== '0.0.0.0' && host !== '::') return host
  return ownAddresses().find((address) => address !== '127.0.0.1') ?? 'localhost'
}

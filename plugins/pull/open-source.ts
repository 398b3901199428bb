import type { Log } from '../../core/kernel/log.ts'
import type { CoreApi } from '../kit/core-api.ts'
import type { PluginPipelines, PluginTask } from '../kit/host.ts'
import type { Remote } from '../kit/rpc.ts'
import type { PullConfig } from './config.ts'
import { guarded } from './guard.ts'
import { HttpSource } from './http/http-source.ts'
import { PullError } from './pull-error.ts'
import { RtspSource } from './rtsp/rtsp-source.ts'
import type { Source, SourceListener } from './source.ts'

const RTSP = ['rtsp', 'rtsps']
const HTTP = ['http', 'https']

export type OpenOptions = {
  core: Remote<CoreApi>
  pipelines: PluginPipelines
  task: PluginTask
  config: PullConfig
  log: Log
  name: string
  listener: SourceListener
  signal: AbortSignal
}

/** The kind that a publisher from this source has in its room. */
export function kindOf(url: string): 'RTSP' | 'URL' {
  return /^rtsps?:/i.test(url) ? 'RTSP' : 'URL'
}

/** @throws {PullError} or {MediaError} `INPUT_INVALID` */
export async function openSource(address: string, options: OpenOptions): Promise<Source> {
  const { core, config } = options
  const url = URL.parse(address)
  if (!url) throw new PullError('it is no URL', { isFinal: true })
  await core.outbound.screen(withoutCredentials(url), { schemes: [...RTSP, ...HTTP], field: 'url' })
  if (kindOf(address) === 'RTSP') {
    const guard = (at: string) => guarded(core, at, RTSP)
    return RtspSource.open({ ...options, url, guard, timeoutMs: config.connectTimeoutMs })
  }
  return HttpSource.open({ ...options, url, guard: (at) => guarded(core, at, HTTP) })
}

function withoutCredentials(url: URL): string {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare.href
}

import { TestRuntime } from '../../test/harness.ts'
import { use } from '../kit/define-config.ts'
import type whip from '../whip/plugin.ts'
import type pull from './plugin.ts'

/** For tests: a server that pulls, and what it says of that. */

export type PullData = {
  id: string
  state: string
  kind: string
  retries: number
  lastError: string | null
  bitrateBps: number
  videoCodec: string | null
  audioCodec: string | null
  framesPerSecond: number | null
  gopMs: number | null
  bFrames: boolean | null
  transcoded: boolean | null
  participant: { id: string; kind: string; tracks: TrackRow[] } | null
}
export type TrackRow = { id: string; kind: string; codec: string; stats: { packetsReceived: number; packetsLost: number } }

const FIELDS = `id state kind retries lastError bitrateBps videoCodec audioCodec framesPerSecond gopMs bFrames transcoded
  participant { id kind tracks { id kind codec stats { packetsReceived packetsLost } } }`

type Options = Parameters<typeof use<typeof pull>>[1]

export async function startPulling(options: Options = {}, env: Record<string, string> = {}): Promise<TestRuntime> {
  const plugins = [
    use<typeof pull>('./plugins/pull/plugin.ts', { connectTimeoutMs: 2_000, ...options }),
    use<typeof whip>('./plugins/whip/plugin.ts'),
  ]
  return await TestRuntime.start({ plugins, env: { ALLOW_PRIVATE_ADDRESSES: 'true', ...env } })
}

/** Configures a source. @returns The id of its ingress. */
export async function pullFrom(runtime: TestRuntime, url: string, room = 'yard'): Promise<string> {
  const { createIngress } = await runtime.graphql<{ createIngress: { ingress: { id: string } } }>(
    'mutation($url: String!, $room: String!) { createIngress(protocol: "URL", app: "live", room: $room, url: $url) { ingress { id } } }',
    { url, room },
  )
  return createIngress.ingress.id
}

/** Waits until the only pull is as wanted. */
export async function untilPull(runtime: TestRuntime, isReached: (pull: PullData) => boolean, withinMs = 15_000): Promise<PullData> {
  const data = await runtime.until<{ pulls: PullData[] | null }>(
    `{ pulls(app: "live") { ${FIELDS} } }`,
    ({ pulls }) => pulls?.[0] !== undefined && isReached(pulls[0]),
    withinMs,
  )
  return data.pulls![0]!
}

/** Whether so many tracks get packets. */
export function flows({ participant }: PullData, tracks = 2, packets = 30): boolean {
  const all = participant?.tracks ?? []
  return all.length === tracks && all.every(({ stats }) => stats.packetsReceived > packets)
}

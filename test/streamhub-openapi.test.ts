import { test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type recorder from '../plugins/recorder/plugin.ts'
import type snapshot from '../plugins/snapshot/plugin.ts'
import type wsMjpeg from '../plugins/ws-mjpeg/plugin.ts'
import { connect, createKey, pictures } from '../plugins/ws-mjpeg/test-devices.ts'
import { type Calls, conformsToItsDescription } from './conformance/rest.ts'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

const CLUSTER_TOKEN = 'the-cluster-token-of-this-test'
const ENV = {
  STREAMHUB_CLUSTER_TOKEN: CLUSTER_TOKEN,
  JWT_SECRET: 'the-secret-of-this-test-0123456789',
  ADMIN_PASS: 'correct horse battery',
  ALLOW_SIGNUP: 'true',
}

test("StreamHub's description tells the truth", { timeout: 120_000 }, async () => {
  await using server = await TestRuntime.start({
    plugins: [
      use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts'),
      use<typeof snapshot>('./plugins/snapshot/plugin.ts'),
      use<typeof recorder>('./plugins/recorder/plugin.ts'),
      use('./test/fixtures/plugins/patrol.ts'),
    ],
    env: ENV,
  })
  await server.until<{ plugins: { state: string }[] }>('{ plugins { state } }', ({ plugins }) =>
    plugins.every(({ state }) => state === 'RUNNING'),
  )
  const { secret } = await createKey(server, 'yard')
  using camera = await connect(server, 'yard', secret)
  camera.play(pictures(4), 10)
  const stream = '/apps/live/streams/live-yard%2Fyard'
  type Sent = { camera: { framesReceived: number } | null }
  await server.until<Sent>('{ camera(app: "live", room: "yard") { framesReceived } }', (data) => (data.camera?.framesReceived ?? 0) > 0)

  const send = (request: `${string} /${string}`, body?: unknown, headers: Record<string, string> = {}) => {
    const [method = '', path = ''] = request.split(' ')
    return fetch(`${server.url}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${TEST_TOKEN}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  }
  /** Sends a request and remembers what of the answer the following ones need. */
  const known: Record<string, string> = {}
  const remember = async (name: string, answer: Promise<Response>, of: (body: Remembered) => unknown) => {
    const response = await answer
    known[name] = String(of((await response.clone().json()) as Remembered))
    return response
  }
  type Recording = { state: string; segments: { sizeBytes: string }[] }
  const recording = (fields: string, isReached: (row: Recording) => boolean) =>
    server.until<{ row: Recording }>(
      `{ row: recording(app: "live", id: "${known.vod}") { ${fields} } }`,
      ({ row }) => isReached(row),
      20_000,
    )
  const node = { 'x-cluster-token': CLUSTER_TOKEN }
  const session = () => ({ authorization: `Bearer ${known.session}` })

  const calls: Calls = {
    'GET /openapi.json': () => send('GET /openapi.json'),
    'GET /docs': () => send('GET /docs'),
    'GET /health': () => send('GET /health'),
    'GET /stats': () => send('GET /stats'),
    'GET /logs': () => send('GET /logs?limit=5&level=info'),
    'GET /system/gpu': () => send('GET /system/gpu'),
    'POST /system/gpu/refresh': () => send('POST /system/gpu/refresh'),
    'GET /system/settings': () => send('GET /system/settings'),

    'GET /auth/config': () => send('GET /auth/config'),
    'POST /auth/signup': () => send('POST /auth/signup', { email: 'ada@example.com', password: 'eight or more' }),
    'POST /auth/login': () =>
      remember('session', send('POST /auth/login', { user: 'ada@example.com', password: 'eight or more' }), ({ data }) => data.token),
    'GET /auth/me': () => send('GET /auth/me', undefined, session()),
    'GET /auth/sessions': () =>
      remember('other', send('GET /auth/sessions', undefined, session()), ({ data }) => data.find(({ current }) => !current)?.id),
    'DELETE /auth/sessions/{id}': () => send(`DELETE /auth/sessions/${known.other}`, undefined, session()),
    'POST /auth/logout': () => send('POST /auth/logout', undefined, session()),
    'POST /auth/magic-link': () => send('POST /auth/magic-link', { email: 'ada@example.com' }),
    'POST /auth/magic/verify': () => send('POST /auth/magic/verify', { token: 'nobody has one' }),

    'POST /tokens': () => remember('token', send('POST /tokens', { name: 'site', scope: 'global' }), ({ id }) => id),
    'GET /tokens': () => send('GET /tokens'),
    'DELETE /tokens/{id}': () => send(`DELETE /tokens/${known.token}`),

    'POST /cluster/join': () =>
      remember('node', send('POST /cluster/join', { name: 'edge-1', ip: '203.0.113.10' }, node), ({ data }) => data.nodeId),
    'POST /cluster/heartbeat': () => send('POST /cluster/heartbeat', { nodeId: known.node, stats: { cpu: 0.4 } }, node),
    'GET /cluster/info': () => send('GET /cluster/info'),
    'GET /cluster/nodes': () => send('GET /cluster/nodes'),
    'PATCH /cluster/nodes/{id}': () => send(`PATCH /cluster/nodes/${known.node}`, { status: 'draining' }),
    'DELETE /cluster/nodes/{id}': () => send(`DELETE /cluster/nodes/${known.node}`),

    'GET /apps': () => send('GET /apps'),
    'POST /apps': () => send('POST /apps', { name: 'demo' }),
    'GET /apps/{name}': () => send('GET /apps/demo'),
    'PATCH /apps/{name}': () => send('PATCH /apps/demo', { displayName: 'Demo' }),
    'GET /apps/{name}/sizes': () => send('GET /apps/live/sizes'),
    'GET /apps/{app}/stats': () => send('GET /apps/live/stats'),
    'GET /apps/{app}/logs': () => send('GET /apps/live/logs'),
    'GET /apps/{app}/config': () => send('GET /apps/live/config'),
    'PATCH /apps/{app}/config': () => send('PATCH /apps/live/config', { adaptive: true }),
    'GET /apps/{app}/transcoding/layers': () => send('GET /apps/live/transcoding/layers'),
    'GET /apps/{name}/s3': () => send('GET /apps/live/s3'),
    'PUT /apps/{name}/s3': () => send('PUT /apps/live/s3', { region: 'eu-central-1' }),
    'GET /apps/{name}/presets': () => send('GET /apps/live/presets'),
    'POST /apps/{name}/presets/{preset}/apply': () => send('POST /apps/live/presets/low-latency/apply'),
    'GET /apps/{name}/config/raw': () => remember('yaml', send('GET /apps/live/config/raw'), ({ data }) => data.yaml),
    'PUT /apps/{name}/config/raw': () => send('PUT /apps/live/config/raw', { yaml: `${known.yaml}# kept\n` }),
    'POST /apps/{name}/config/raw/validate': () => send('POST /apps/live/config/raw/validate', { yaml: 'name: [' }),
    'GET /apps/{name}/config/backups': () => remember('stamp', send('GET /apps/live/config/backups'), ({ data }) => data[0]?.ts),
    'GET /apps/{name}/config/backups/{ts}': () => send(`GET /apps/live/config/backups/${known.stamp}`),
    'POST /apps/{name}/config/backups/{ts}/revert': () => send(`POST /apps/live/config/backups/${known.stamp}/revert`),
    'POST /apps/{name}/reload': () => send('POST /apps/live/reload'),

    'POST /apps/{app}/tokens': () => send('POST /apps/live/tokens', { room: 'yard', canPublish: false }),
    'GET /apps/{app}/play-token/{room}': () => send('GET /apps/live/play-token/yard'),
    'GET /apps/{app}/radio/{room}/listen-token': () => send('GET /apps/live/radio/yard/listen-token'),

    'POST /apps/{app}/ingress': () =>
      remember('ingress', send('POST /apps/live/ingress', { inputType: 'rtmp', room: 'obs' }), ({ data }) => data.ingressId),
    'GET /apps/{app}/ingress': () => send('GET /apps/live/ingress'),
    'GET /apps/{app}/ingress/{id}': () => send(`GET /apps/live/ingress/${known.ingress}`),
    'POST /apps/{app}/ingress/{id}/validate': () => send(`POST /apps/live/ingress/${known.ingress}/validate`, { password: 'guessed' }),
    'DELETE /apps/{app}/ingress/{id}': () => send(`DELETE /apps/live/ingress/${known.ingress}`),

    'POST /apps/{app}/ws-ingest': () => remember('key', send('POST /apps/live/ws-ingest', { room: 'gate' }), ({ data }) => data.id),
    'GET /apps/{app}/ws-ingest': () => send('GET /apps/live/ws-ingest'),
    'GET /apps/{app}/ws-ingest/live/{room}': () => send('GET /apps/live/ws-ingest/live/yard'),
    'DELETE /apps/{app}/ws-ingest/{id}': () => send(`DELETE /apps/live/ws-ingest/${known.key}`),

    'GET /apps/{app}/streams': () => send('GET /apps/live/streams'),
    'GET /apps/{app}/streams/{id}': () => send(`GET ${stream}`),
    'POST /apps/{app}/streams/{id}/data': () => send(`POST ${stream}/data`, { topic: 'lights', payload: 'on' }),
    'POST /apps/{app}/recording/start': () =>
      remember('vod', send('POST /apps/live/recording/start', { roomName: 'yard' }), ({ data }) => data.vodId),
    'POST /apps/{app}/recording/{id}/stop': async () => {
      await recording('segments { sizeBytes }', ({ segments }) => segments.some(({ sizeBytes }) => Number(sizeBytes) > 10_000))
      return send(`POST /apps/live/recording/${known.vod}/stop`)
    },
    'GET /apps/{app}/vods': () => send('GET /apps/live/vods'),
    'GET /apps/{app}/vods/{id}': () => send(`GET /apps/live/vods/${known.vod}`),
    'GET /apps/{app}/vods/{id}/download': async () => {
      await recording('state', ({ state }) => state === 'READY')
      return send(`GET /apps/live/vods/${known.vod}/download`)
    },
    'GET /apps/{app}/vods/{id}/raw': () => send(`GET /apps/live/vods/${known.vod}/raw`),
    'POST /apps/{app}/vods/{id}/probe': () => send(`POST /apps/live/vods/${known.vod}/probe`),
    'DELETE /apps/{app}/vods/{id}': () => send(`DELETE /apps/live/vods/${known.vod}`),
    'POST /apps/{app}/streams/{id}/record/start': () => send(`POST ${stream}/record/start`),
    'POST /apps/{app}/streams/{id}/record/stop': () => send(`POST ${stream}/record/stop`),
    'POST /apps/{app}/snapshots': () => send('POST /apps/live/snapshots', { room: 'yard' }),
    'DELETE /apps/{app}/streams/{id}': () => send(`DELETE ${stream}`),

    'GET /apps/{app}/plugins': () => send('GET /apps/live/plugins'),
    'GET /apps/{app}/plugins/public': () => send('GET /apps/live/plugins/public'),
    'GET /apps/{app}/plugins/{id}': () => send('GET /apps/live/plugins/patrol'),
    'POST /apps/{app}/plugins/{id}/install': () => send('POST /apps/live/plugins/patrol/install'),
    'PATCH /apps/{app}/plugins/{id}': () => send('PATCH /apps/live/plugins/patrol', { enabled: true }),
    'POST /apps/{app}/plugins/{id}/worker/stop': () => send('POST /apps/live/plugins/patrol/worker/stop'),
    'POST /apps/{app}/plugins/{id}/worker/start': () => send('POST /apps/live/plugins/patrol/worker/start'),
    'GET /apps/{app}/plugins/{id}/worker/status': () => send('GET /apps/live/plugins/patrol/worker/status'),
    'GET /apps/{app}/plugins/{id}/logs': () => send('GET /apps/live/plugins/patrol/logs'),
    'DELETE /apps/{app}/plugins/{id}': () => send('DELETE /apps/live/plugins/patrol'),

    'DELETE /apps/{name}': () => send('DELETE /apps/demo?deleteVods=true'),
  }
  const described = Object.entries(calls).map(([operation, call]) => [operation.replace(' ', ' /api/v1'), call] as const)
  await conformsToItsDescription(server, 'streamhub', Object.fromEntries(described), [
    'POST /api/v1/auth/magic-link',
    'POST /api/v1/auth/magic/verify',
  ])
})

/** What is looked for in answers; each has some of it. */
type Remembered = {
  readonly id: number
  readonly data: {
    readonly token: string
    readonly nodeId: string
    readonly ingressId: string
    readonly vodId: number
    readonly id: string
    readonly yaml: string
  } & readonly {
    readonly id: string
    readonly current: boolean
    readonly ts: string
  }[]
}

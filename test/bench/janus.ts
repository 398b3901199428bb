import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Answerer, makeNoise, type Noise } from './peers.ts'
import { freePort, type Server, stoppable } from './servers.ts'

/** Debian's package has them all; each but WebSockets would want a port of its own. */
const OTHER_TRANSPORTS = ['http', 'pfunix', 'mqtt', 'nanomsg', 'rabbitmq']
const START_TIMEOUT_MS = 10_000
const ANSWER_TIMEOUT_MS = 10_000
const MOUNTPOINT = 1
/** As `makeNoise` numbers them. */
const MEDIA = [
  { type: 'video', mid: 'v', codec: 'h264', pt: 110 },
  { type: 'audio', mid: 'a', codec: 'opus', pt: 100 },
] as const

/** Janus with one streaming mountpoint that waits for RTP. */
export type Janus = Server & { publishNoise(noise: Noise): { close(): void }; watch(): Promise<Answerer> }

/** `eventLoops`: threads that all viewers share; 0, as Debian has it, gives each viewer a thread. */
export async function startJanus({ eventLoops = 0 } = {}): Promise<Janus> {
  const address = ownAddress()
  const port = await freePort()
  const folder = await configure(address, port, eventLoops)
  // Ends with the bench, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'janus', '-F', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const server = stoppable(child, port, () => rm(folder, { recursive: true, force: true }))
  await new Promise<void>((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error(`Janus did not start:\n${text}`)), START_TIMEOUT_MS)
    child.stdout.on('data', (chunk) => {
      text = `${text}${chunk}`.slice(-4_000)
      if (!text.includes('WebSockets thread started')) return
      clearTimeout(timer)
      resolve()
    })
    child.once('exit', (code) => reject(new Error(`Janus ended with ${code}:\n${text}`)))
  })

  const api = await JanusApi.connect(port)
  const { plugindata } = await api.ask({
    janus: 'message',
    handle_id: await api.attach(),
    body: { request: 'create', type: 'rtp', id: MOUNTPOINT, media: MEDIA.map((media) => ({ ...media, port: 0, iface: '127.0.0.1' })) },
  })
  const ports = plugindata?.data.stream?.ports ?? []
  const portOf = (type: string) => ports.find((port) => port.type === type)?.port ?? 0

  return {
    ...server,
    publishNoise(noise) {
      const socket = createSocket('udp4')
      const stop = makeNoise(noise, {
        video: (packet) => socket.send(packet, portOf('video'), '127.0.0.1'),
        audio: (packet) => socket.send(packet, portOf('audio'), '127.0.0.1'),
      })
      return {
        close() {
          stop()
          socket.close()
        },
      }
    },
    async watch() {
      const handle_id = await api.attach()
      const { jsep } = await api.ask({ janus: 'message', handle_id, body: { request: 'watch', id: MOUNTPOINT } })
      const viewer = new Answerer(address)
      const answer = await viewer.answer(jsep?.sdp ?? '')
      await api.ask({ janus: 'message', handle_id, body: { request: 'start' }, jsep: { type: 'answer', sdp: answer } })
      await viewer.opened
      return viewer
    },
  }
}

/** Janus leaves out the loopback interface, so its viewers are where it is: what they get stays on this machine all the same. */
function ownAddress(): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const found = own.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (!found) throw new Error('Janus offers no loopback addresses, and this machine has no other IPv4 address')
  return found.address
}

async function configure(address: string, port: number, eventLoops: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-bench-janus-'))
  const others = OTHER_TRANSPORTS.map((name) => `libjanus_${name}.so`).join(',')
  await writeFile(
    join(folder, 'janus.jcfg'),
    `general: { configs_folder = "${folder}", interface = "127.0.0.1", session_timeout = 0, event_loops = ${eventLoops} }
nat: { ice_lite = true, ice_enforce_list = "${address}" }
plugins: { disable = "libjanus_sip.so" }
transports: { disable = "${others}" }
`,
  )
  await writeFile(join(folder, 'janus.transport.websockets.jcfg'), `general: { ws = true, ws_ip = "127.0.0.1", ws_port = ${port} }\n`)
  return folder
}

type Reply = {
  janus: string
  transaction?: string
  data?: { id: number }
  error?: { reason: string }
  jsep?: { sdp: string }
  plugindata?: { data: { error?: string; stream?: { ports?: { type: string; port: number }[] } } }
}

/** One session over a WebSocket, with a handle for each viewer. */
class JanusApi {
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (reply: Reply) => void>()
  #asked = 0
  #session: number | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply
      // What a plugin is asked is acknowledged first and answered by an event.
      if (reply.janus !== 'ack') this.#waiting.get(reply.transaction ?? '')?.(reply)
    })
  }

  static async connect(port: number): Promise<JanusApi> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol')
    await once(socket, 'open')
    const api = new JanusApi(socket)
    api.#session = (await api.ask({ janus: 'create' })).data?.id
    return api
  }

  async attach(): Promise<number> {
    return (await this.ask({ janus: 'attach', plugin: 'janus.plugin.streaming' })).data?.id ?? 0
  }

  async ask(request: { janus: string; [key: string]: unknown }): Promise<Reply> {
    const transaction = String(++this.#asked)
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Janus did not answer ${JSON.stringify(request)}`)), ANSWER_TIMEOUT_MS)
      this.#waiting.set(transaction, (came) => {
        clearTimeout(timer)
        resolve(came)
      })
      this.#socket.send(JSON.stringify({ ...request, transaction, session_id: this.#session }))
    })
    this.#waiting.delete(transaction)
    const refusal = reply.error?.reason ?? reply.plugindata?.data.error
    if (refusal !== undefined) throw new Error(`Janus refused ${request.janus}: ${refusal}`)
    return reply
  }
}

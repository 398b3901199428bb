import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { messageOf } from '../core/kernel/errors.ts'
import { availableElements } from '../native/probe.ts'
import type { GpuService, GpuStatus, Hwaccel } from '../schema/context.ts'

const NVIDIA_SMI_MS = 3_000
/** Looking again sooner only tells the same. */
const SETTLED_MS = 1_000
const RENDER_DEVICES = '/dev/dri'
const VA_ENCODERS = ['vah264enc', 'vah264lpenc', 'vaapih264enc']

type Found = Omit<GpuStatus, 'checkedAt'>

const run = promisify(execFile)

/** Looks for hardware that encodes video, once, and again when asked to. */
export class Gpu implements GpuService {
  readonly #program: string
  readonly #devices: string
  #looked: Promise<GpuStatus> | undefined
  #at = 0

  /** @param places Where to look, when not where they are on any Linux. */
  constructor(places: { nvidiaSmi?: string; renderDevices?: string } = {}) {
    this.#program = places.nvidiaSmi ?? 'nvidia-smi'
    this.#devices = places.renderDevices ?? RENDER_DEVICES
  }

  status({ refresh = false }: { refresh?: boolean } = {}): Promise<GpuStatus> {
    if (!this.#looked || (refresh && Date.now() - this.#at > SETTLED_MS)) {
      this.#at = Date.now()
      this.#looked = this.#look()
    }
    return this.#looked
  }

  async resolveHwaccel(requested: Hwaccel['requested']): Promise<Hwaccel> {
    const { type, detail = '' } = await this.status()
    if (requested === 'cpu') return { requested, effective: 'cpu', type, reason: 'the configuration asks for the CPU' }
    if (type === 'NONE') return { requested, effective: 'cpu', type, reason: `no usable GPU: ${detail}` }
    return { requested, effective: 'gpu', type, reason: `${type === 'NVIDIA' ? 'NVENC' : 'VA-API'} is available` }
  }

  async #look(): Promise<GpuStatus> {
    const [nvidia, vaapi] = await Promise.all([this.#nvidia(), this.#vaapi()])
    const found = [nvidia, vaapi].find(({ type }) => type !== 'NONE')
    return { ...(found ?? { type: 'NONE', devices: [], detail: `${nvidia.detail}; ${vaapi.detail}` }), checkedAt: new Date() }
  }

  async #nvidia(): Promise<Found> {
    try {
      const fields = '--query-gpu=index,name,memory.total,driver_version'
      const { stdout } = await run(this.#program, [fields, '--format=csv,noheader,nounits'], {
        timeout: NVIDIA_SMI_MS,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024,
      })
      const cards = stdout.split('\n').flatMap(parseCard)
      if (cards.length === 0) return none('nvidia-smi tells of no card')
      const driver = cards[0]?.driver
      return { type: 'NVIDIA', devices: cards.map(({ driver: _, ...card }) => card), ...(driver && { driver }) }
    } catch (error) {
      const { code, killed } = error as { code?: unknown; killed?: boolean }
      if (code === 'ENOENT') return none('nvidia-smi is not installed')
      return none(killed ? `nvidia-smi gave no answer within ${NVIDIA_SMI_MS / 1_000} s` : `nvidia-smi failed (${String(code)})`)
    }
  }

  async #vaapi(): Promise<Found> {
    const nodes = (await readdir(this.#devices).catch(() => [])).filter((name) => /^renderD\d+$/.test(name)).sort()
    if (nodes.length === 0) return none(`there is no render device in ${this.#devices}`)
    const open = await Promise.all(nodes.map((name) => isUsable(`${this.#devices}/${name}`)))
    const usable = nodes.filter((_, index) => open[index])
    if (usable.length === 0) return none(`${nodes.join(', ')}: the server's user may not open it`)
    try {
      const encoders = await availableElements(VA_ENCODERS)
      if (encoders.size === 0) return none('GStreamer has no VA-API encoder for this device')
      return { type: 'VAAPI', devices: usable.map((name, index) => ({ kind: 'VAAPI', name: `${this.#devices}/${name}`, index })) }
    } catch (error) {
      return none(`GStreamer could not be asked: ${messageOf(error)}`)
    }
  }
}

function none(detail: string): Found {
  return { type: 'NONE', devices: [], detail }
}

/** `0, NVIDIA T4, 15360, 550.54.15` */
function parseCard(line: string) {
  const [index = '', name, memory = '', driver] = line.split(',').map((part) => part.trim())
  if (!/^\d+$/.test(index) || name === undefined || name === '') return []
  return [{ kind: 'NVIDIA' as const, name, index: Number(index), ...(/^\d+$/.test(memory) && { memoryMiB: Number(memory) }), driver }]
}

async function isUsable(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
}

import { MediaError } from '../core/kernel/errors.ts'
import { takeHost } from './host-process.ts'

const known = new Map<string, boolean>()
const TIMEOUT_MS = 20_000

/**
 * Tells which GStreamer elements this machine has and can load, asking a host process once about each.
 *
 * @returns Those of `elements` that exist.
 * @throws {MediaError} `PIPELINE_FAILED` when the host dies of the question or does not answer.
 */
export async function availableElements(elements: readonly string[]): Promise<ReadonlySet<string>> {
  const invalid = elements.find((element) => !/^[A-Za-z][A-Za-z0-9_-]*$/.test(element))
  if (invalid !== undefined) throw new MediaError('INPUT_INVALID', { field: 'elements', value: invalid })

  const asked = elements.filter((element) => !known.has(element))
  if (asked.length > 0) {
    const found = new Set(await ask(asked))
    for (const element of asked) known.set(element, found.has(element))
  }
  return new Set(elements.filter((element) => known.get(element)))
}

/** The first of several elements, best first, that this machine has: `firstAvailable(['x264enc', 'openh264enc'])`. */
export async function firstAvailable(candidates: readonly string[]): Promise<string | undefined> {
  const available = await availableElements(candidates)
  return candidates.find((candidate) => available.has(candidate))
}

function ask(elements: readonly string[]): Promise<string[]> {
  const host = takeHost()
  return new Promise<string[]>((resolve, reject) => {
    const fail = (reason: string) => reject(new MediaError('PIPELINE_FAILED', { pipeline: 'probe', reason }))
    const deadline = setTimeout(() => fail('no answer'), TIMEOUT_MS)
    host.onReport((report) => {
      if (report.type === 'answer' && report.id === 1 && Array.isArray(report.value)) resolve(report.value)
      else if (report.type === 'refusal') fail(report.reason)
    })
    host.child.once('exit', (_code, signal) => {
      clearTimeout(deadline)
      fail(`the host ended (${signal}); ${host.lastWords.join('; ')}`)
    })
    host.send({ type: 'probe', id: 1, elements })
  }).finally(() => host.kill())
}

import type { AppConfig } from '../app/config.ts'

/**
 * A participant's metadata with what the app wants its publishers to send, where StreamHub's clients look for it.
 *
 * @param given JSON object, or any text, which is then kept as `_raw`.
 * @returns JSON text.
 */
export function withSimulcastHints(given: string | undefined, { webrtc: { adaptive, layers } }: AppConfig): string {
  const metadata = given === undefined ? {} : (objectIn(given) ?? { _raw: given })
  const { streamhub } = metadata
  const simulcast = { adaptiveStream: adaptive, simulcast: adaptive, layers: layers.map(({ name, height }) => ({ name, height })) }
  return JSON.stringify({ ...metadata, streamhub: { ...(isObject(streamhub) && streamhub), simulcast } })
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { readFile } from 'node:fs/promises'
import type { Grant } from '../core/access/caller.ts'
import { use } from '../plugins/kit/define-config.ts'
import type whip from '../plugins/whip/plugin.ts'
import { TestRuntime } from './harness.ts'

type WhipOptions = Parameters<typeof use<typeof whip>>[1]

/** A server with the WHIP and WHEP plugin. */
export function startWhip(env: Record<string, string> = {}, options: WhipOptions = {}): Promise<TestRuntime> {
  return TestRuntime.start({ plugins: [use<typeof whip>('./plugins/whip/plugin.ts', options)], env })
}

/** An offer as a real client wrote it: `chromium-publish`, `obs-publish`, … */
export function offer(name: string): Promise<string> {
  return readFile(new URL(`sdp-offers/${name}.sdp`, import.meta.url), 'utf8')
}

export type Posted = Response & { session: string; etag: string }

/** POSTs an offer, as a client does. `session` is the absolute URL of what was made. */
export async function post(url: string, sdp: string, headers: Record<string, string> = {}): Promise<Posted> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp', ...headers }, body: sdp })
  const session = new URL(response.headers.get('location') ?? '', url).href
  return Object.assign(response, { session, etag: response.headers.get('etag') ?? '' })
}

export function patch(session: string, fragment: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(session, { method: 'PATCH', headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...headers }, body: fragment })
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A token with these grants. */
export async function tokenWith({ runtime }: TestRuntime, ...grants: Grant[]): Promise<string> {
  return (await runtime.core.tokens.create({ name: 'test', grants })).secret
}

export async function errorOf(response: Response): Promise<{ error: string; code: string }> {
  return (await response.json()) as { error: string; code: string }
}

/** What a client trickles: a candidate under the credentials of its offer. */
export function trickle(sdp: string, ...more: string[]): string {
  return [
    ...credentialsOf(sdp),
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host',
    ...more,
    '',
  ].join('\r\n')
}

/** What a client sends to restart ICE. */
export const RESTART = [
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:0',
  'a=end-of-candidates',
  '',
].join('\r\n')

function credentialsOf(sdp: string): string[] {
  return [/a=ice-ufrag:.*/, /a=ice-pwd:.*/].map((line) => line.exec(sdp)?.[0].trim() ?? '')
}

export type ServerEvent = { event: string; data: unknown }

/** The events of a stream, one after the other. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  let text = ''
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      if (event !== undefined) yield { event, data: JSON.parse(data ?? 'null') }
    }
  }
}

export async function nextEvent(events: AsyncGenerator<ServerEvent>): Promise<ServerEvent | undefined> {
  const { value, done } = await events.next()
  return done ? undefined : value
}

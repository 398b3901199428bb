import assert from 'node:assert/strict'
import { SignJWT } from 'jose'
import { use } from '../plugins/kit/define-config.ts'
import type recorder from '../plugins/recorder/plugin.ts'
import type whip from '../plugins/whip/plugin.ts'
import { TestRuntime } from './harness.ts'
import { offer, type Posted, post } from './whip-support.ts'

export type GoLive = AsyncDisposable & {
  readonly server: TestRuntime
  publish(room: string, options?: { headers?: Record<string, string>; sdp?: string }): Promise<Posted>
  play(room: string, options?: { headers?: Record<string, string>; sdp?: string }): Promise<Posted>
  get(path: string, init?: RequestInit): Promise<Response>
  rooms(): Promise<unknown>
}

/** A server with go-live's API and real browsers' offers for it. */
export async function startGoLive(env: Record<string, string> = {}): Promise<GoLive> {
  const plugins = [use<typeof whip>('./plugins/whip/plugin.ts'), use<typeof recorder>('./plugins/recorder/plugin.ts')]
  const server = await TestRuntime.start({ plugins, env })
  const offers = { publish: await offer('chromium-publish'), play: await offer('chromium-play') }
  const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, { redirect: 'manual', ...init })
  return {
    server,
    get,
    publish: (room, { headers, sdp } = {}) => post(`${server.url}/api/whip/publish/${room}`, sdp ?? offers.publish, headers),
    play: (room, { headers, sdp } = {}) => post(`${server.url}/api/whep/play/${room}`, sdp ?? offers.play, headers),
    rooms: async () => (await get('/api/rooms')).json(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Status and message, as go-live tells errors. */
export async function refused(response: Response | Promise<Response>): Promise<[number, unknown]> {
  const { status, headers, body } = await answered(response)
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(headers.get('access-control-allow-origin'), '*')
  return [status, (JSON.parse(body) as { error: unknown }).error]
}

export async function answered(response: Response | Promise<Response>): Promise<{ status: number; headers: Headers; body: string }> {
  const { status, headers } = await response
  return { status, headers, body: await (await response).text() }
}

/** @param expiresIn Seconds from now. */
export function jwt(
  claims: Record<string, unknown>,
  options: { secret?: string; alg?: string; expiresIn?: number | null } = {},
): Promise<string> {
  const { secret = 'hush', alg = 'HS256', expiresIn = 60 } = options
  const token = new SignJWT(claims).setProtectedHeader({ alg })
  if (expiresIn !== null) token.setExpirationTime(Math.floor(Date.now() / 1_000) + expiresIn)
  return token.sign(new TextEncoder().encode(secret))
}

/** The value of one series of `/metrics`, labels and all. */
export function metricIn(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

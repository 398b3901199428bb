import type { FastifyRequest } from 'fastify'
import type { Config } from '../../config/env.ts'

/** Addresses of this server, as whoever asked reaches it. None ends with a slash. */
export type Links = {
  /** `https://media.example.org` */
  readonly base: string
  /** The same for WebSockets: `wss://media.example.org` */
  readonly ws: string
  /** Where RTMP is listened on, without an app: `rtmp://media.example.org:1935` */
  readonly rtmp: string
}

type LinksConfig = Pick<Config, 'publicUrl' | 'rtmpPort' | 'trustedProxies' | 'tls'> & {
  readonly publicWsUrl?: string | undefined
  readonly rtmpPublicHost?: string | undefined
}

/** By the configured address; without one, by the name under which the request came. */
export function linksFor(config: LinksConfig, { raw }: FastifyRequest): Links {
  const base = config.publicUrl ?? `${schemeOf(config, raw)}://${hostOf(raw.headers.host)}`
  const ws = config.publicWsUrl ?? base.replace(/^http/, 'ws')
  const { hostname } = new URL(base)
  return { base, ws, rtmp: `rtmp://${config.rtmpPublicHost ?? hostname}:${config.rtmpPort}` }
}

/** The addresses at which a room is watched, and the frame that shows it in other pages. */
export function playerLinks({ base }: Links, app: string, room: string): { playUrl: string; embedUrl: string; iframe: string } {
  const path = `${encodeURIComponent(app)}/${encodeURIComponent(room)}`
  const embedUrl = `${base}/embed/${path}`
  const allow = 'autoplay; fullscreen; camera; microphone'
  const iframe = `<iframe src="${embedUrl}" width="640" height="360" allow="${allow}" allowfullscreen></iframe>`
  return { playUrl: `${base}/play/${path}`, embedUrl, iframe }
}

function schemeOf(config: LinksConfig, { headers, socket }: FastifyRequest['raw']): 'http' | 'https' {
  const forwarded = headers['x-forwarded-proto']
  if (typeof forwarded === 'string' && config.trustedProxies.has(socket.remoteAddress ?? '')) {
    return forwarded.split(',')[0]?.trim() === 'https' ? 'https' : 'http'
  }
  return config.tls ? 'https' : 'http'
}

/** A name that could be something else than a name ends up in nobody's page. */
function hostOf(host: string | undefined): string {
  return host !== undefined && /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host) && URL.canParse(`http://${host}`) ? host : 'localhost'
}

/** What an encoder asks for when it publishes. */
export interface PublishRequest {
  /** The application: the path of its URL without the last part. As sent, not percent-decoded. */
  app: string
  /** The publish name, usually the stream key, without its query. A secret: never log it. */
  name: string
  /** Queries of the server URL, the app and the name, the latter over the former. */
  query: URLSearchParams
  /** The server URL as the encoder knows it; empty when it did not say. */
  tcUrl: string
  remoteAddress: string
  /** What the encoder calls itself, e.g. `FMLE/3.0 (compatible; FMSc/1.0)`; empty when it did not say. */
  encoder: string
  mode: 'live' | 'record' | 'append'
}

/** What `connect` told. */
export interface ConnectTarget {
  app: string
  tcUrl: string
  encoder: string
}

/** Characters of a URL or a name; join tokens, which may come in the query, are the longest part. */
const MAX_TEXT = 8_192

/**
 * Reads the target of a `connect` command. An encoder without `app` is believed by its URL.
 *
 * @returns undefined when neither names an app, or one of them is longer than 8192 characters.
 */
export function readConnectTarget(app: unknown, tcUrl: unknown, encoder: unknown): ConnectTarget | undefined {
  const url = typeof tcUrl === 'string' ? tcUrl : ''
  const fromUrl = /^rtmp\w*:\/\/[^/]*\/(.*)$/i.exec(url)?.[1]
  const name = typeof app === 'string' && app !== '' ? app : fromUrl
  if (name === undefined || name === '' || name.length > MAX_TEXT || url.length > MAX_TEXT) return undefined
  return { app: name, tcUrl: url, encoder: typeof encoder === 'string' ? encoder.slice(0, 256) : '' }
}

/** @returns undefined when the name is empty, no text or longer than 8192 characters. */
export function readPublishRequest(
  target: ConnectTarget,
  publishName: unknown,
  mode: unknown,
  remoteAddress: string,
): PublishRequest | undefined {
  if (typeof publishName !== 'string' || publishName.length > MAX_TEXT) return undefined
  const [app, appQuery] = splitQuery(target.app)
  const [name, nameQuery] = splitQuery(publishName)
  if (name === '') return undefined
  const query = new URLSearchParams(splitQuery(target.tcUrl)[1])
  for (const more of [appQuery, nameQuery]) {
    for (const [key, value] of new URLSearchParams(more)) query.set(key, value)
  }
  return {
    app: app.replace(/^\/+|\/+$/g, ''),
    name,
    query,
    tcUrl: target.tcUrl,
    remoteAddress,
    encoder: target.encoder,
    mode: mode === 'record' || mode === 'append' ? mode : 'live',
  }
}

function splitQuery(text: string): [path: string, query: string] {
  const mark = text.indexOf('?')
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)]
}

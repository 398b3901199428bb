/**
 * Reads `Link` headers (RFC 8288).
 *
 * @param {string | null} header
 * @param {string} base What relative targets are relative to.
 * @returns {{ url: string, parameters: Record<string, string> }[]}
 */
export function parseLinks(header, base) {
  const links = []
  for (const [, target = '', rest = ''] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))*)/g,
  )) {
    /** @type {Record<string, string>} */
    const parameters = {}
    for (const [, name = '', quoted, bare] of rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/g)) {
      parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
    }
    links.push({ url: absolute(target, base), parameters })
  }
  return links
}

/**
 * The ICE servers among them, as WHIP and WHEP announce them (RFC 9725 section 4.6).
 *
 * @param {ReturnType<typeof parseLinks>} links
 * @returns {RTCIceServer[]}
 */
export function iceServersOf(links) {
  return links
    .filter(({ parameters }) => parameters.rel === 'ice-server')
    .map(({ url, parameters: { username, credential } }) => ({
      urls: url,
      ...(username !== undefined && { username }),
      ...(credential !== undefined && { credential }),
    }))
}

/**
 * @param {string} target
 * @param {string} base
 */
function absolute(target, base) {
  return URL.canParse(target, base) ? new URL(target, base).href : target
}

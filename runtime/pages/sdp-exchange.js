import { request } from './http.js'
import { iceServersOf, parseLinks } from './links.js'

/**
 * Connects a peer connection by WHIP or WHEP: one POST with the offer, whose answer holds everything. The server is ICE-lite and
 * reachable at the candidates it answers with, so nothing waits for candidates of ours.
 *
 * @param {RTCPeerConnection} pc
 * @param {{ url: string, token?: string | undefined, signal?: AbortSignal | undefined, stereo?: boolean }} options
 * @returns The session's resource, to be deleted when it is over, and the links to its extensions.
 * @throws {import('./http.js').HttpError}
 */
export async function exchange(pc, { url, token, signal, stereo = false }) {
  const offer = await pc.createOffer()
  // Browsers decode Opus in mono unless their own description says otherwise.
  const sdp = stereo ? (offer.sdp ?? '').replace(/useinbandfec=1(?!;stereo)/g, 'useinbandfec=1;stereo=1') : (offer.sdp ?? '')
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: sdp,
    token,
    ...(signal && { signal }),
  })
  const location = response.headers.get('location')
  const resource = location === null ? undefined : new URL(location, response.url).href
  try {
    const links = parseLinks(response.headers.get('link'), response.url)
    const answer = await response.text()
    const iceServers = iceServersOf(links)
    // Before the local description, which is what starts the gathering: so relays take part in it.
    if (iceServers.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers })
    await pc.setLocalDescription({ type: 'offer', sdp })
    await pc.setRemoteDescription({ type: 'answer', sdp: answer })
    return { resource, links }
  } catch (error) {
    release(resource, token)
    throw error
  }
}

/**
 * Tells the server that a session is over; also while the page is being left.
 *
 * @param {string | undefined} resource
 * @param {string | undefined} token
 */
export function release(resource, token) {
  if (resource) request(resource, { method: 'DELETE', token, keepalive: true }).catch(() => {})
}

import type { Page } from 'playwright-core'
import type { openBrowser } from './sdp-browser.ts'

export { openBrowser, until } from './sdp-browser.ts'

export type Shape = { video?: string; audio?: boolean; rids?: string[] }

/** A page that publishes its fake camera and microphone by WHIP. */
export async function publishFrom(page: Page, url: string, shape: Shape): Promise<void> {
  await page.evaluate(whipScript)
  await page.evaluate(`whip.open(${JSON.stringify(url)}, peer.offerPublish(${JSON.stringify(shape)}))`)
}

/** A page that plays by WHEP. */
export async function playIn(page: Page, url: string): Promise<void> {
  await page.evaluate(whipScript)
  await page.evaluate(`whip.open(${JSON.stringify(url)}, peer.offerPlay())`)
}

/** Ends the session of a page as a client does. @returns The HTTP status. */
export function leave(page: Page): Promise<number> {
  return page.evaluate<number>('whip.leave()')
}

/** Restarts ICE by PATCH. @returns The new entity tag. */
export function restartIce(page: Page): Promise<string> {
  return page.evaluate<string>('whip.restart()')
}

/** The session URL of a page. */
export function sessionOf(page: Page): Promise<string> {
  return page.evaluate<string>('whip.session')
}

/** How often the picture stood still, by Chromium's own count. */
export function freezesOf(page: Page): Promise<number> {
  return page.evaluate<number>("peer.stats('video').then(({ freezeCount }) => freezeCount)")
}

export type Browser = Awaited<ReturnType<typeof openBrowser>>

/** A WHIP and WHEP client as a page of another origin has to write it: everything it needs has to be readable across origins. */
const whipScript = `
globalThis.whip = {
  async open(url, offer) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: await offer })
    const text = await response.text()
    if (response.status !== 201) throw new Error(response.status + ' ' + text)
    this.session = new URL(response.headers.get('location'), url).href
    this.etag = response.headers.get('etag')
    await peer.pc.setRemoteDescription({ type: 'answer', sdp: text })
  },

  async restart() {
    peer.pc.restartIce()
    await peer.pc.setLocalDescription()
    const lines = peer.pc.localDescription.sdp.split('\\r\\n')
    const first = (prefix) => lines.find((line) => line.startsWith(prefix))
    const fragment = [first('a=ice-ufrag:'), first('a=ice-pwd:'), first('m='), first('a=mid:'), ''].join('\\r\\n')
    const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' }
    const response = await fetch(this.session, { method: 'PATCH', headers, body: fragment })
    if (response.status !== 200) throw new Error(response.status + ' ' + await response.text())
    this.etag = response.headers.get('etag')
    const ours = await response.text()
    const value = (name) => new RegExp('a=' + name + ':(.*)').exec(ours)[0].trim()
    const sdp = peer.pc.remoteDescription.sdp.replace(/a=ice-ufrag:.*/g, value('ice-ufrag')).replace(/a=ice-pwd:.*/g, value('ice-pwd'))
    await peer.pc.setRemoteDescription({ type: 'answer', sdp })
    return this.etag
  },

  async leave() {
    const { status } = await fetch(this.session, { method: 'DELETE' })
    peer.pc.close()
    return status
  },
}`

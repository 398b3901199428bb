import type { Page } from 'playwright-core'

/** What a page saw of a room. */
export type Watched = {
  /** From deciding to watch to the first picture. */
  firstPictureMs: number
  framesDecoded: number
  packetsLost: number
  /** The longest time that one picture stood. */
  longestMs: number
  audioEnergy: number
  /** How much later sound is played than the picture that belongs to it, the median of the last seconds. */
  soundLateMs: number
}

/** Watches a room by WHEP, in a page that belongs to the server. `globalThis.framesDecoded` tells how it goes meanwhile. */
export function watchRoom(page: Page, url: string, forMs: number): Promise<Watched> {
  return page.evaluate<Watched>(`(${watchScript})(${JSON.stringify(url)}, ${forMs})`)
}

const watchScript = `async (url, forMs) => {
  const from = performance.now()
  const pc = new RTCPeerConnection()
  const media = new MediaStream()
  pc.ontrack = ({ track }) => media.addTrack(track)
  pc.addTransceiver('video', { direction: 'recvonly' })
  pc.addTransceiver('audio', { direction: 'recvonly' })
  const video = Object.assign(document.createElement('video'), { autoplay: true, srcObject: media })
  document.body.append(video)
  const shownAt = []
  const shown = () => {
    shownAt.push(performance.now() - from)
    video.requestVideoFrameCallback(shown)
  }
  video.requestVideoFrameCallback(shown)

  await pc.setLocalDescription()
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp })
  if (response.status !== 201) throw new Error(await response.text())
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() })

  const inbound = async () => {
    const all = [...(await pc.getStats()).values()].filter(({ type }) => type === 'inbound-rtp')
    return { video: all.find(({ kind }) => kind === 'video'), audio: all.find(({ kind }) => kind === 'audio') }
  }
  globalThis.framesDecoded = async () => (await inbound()).video?.framesDecoded ?? 0
  const late = []
  while (performance.now() - from < forMs) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    const now = await inbound()
    if (now.video?.estimatedPlayoutTimestamp && now.audio?.estimatedPlayoutTimestamp)
      late.push(now.video.estimatedPlayoutTimestamp - now.audio.estimatedPlayoutTimestamp)
  }
  const end = await inbound()
  pc.close()
  const lately = late.slice(-15).sort((a, b) => a - b)
  return {
    firstPictureMs: shownAt[0],
    framesDecoded: end.video.framesDecoded,
    packetsLost: end.video.packetsLost + end.audio.packetsLost,
    longestMs: Math.max(...shownAt.slice(1).map((at, index) => at - shownAt[index])),
    audioEnergy: end.audio.totalAudioEnergy,
    soundLateMs: lately[Math.floor(lately.length / 2)],
  }
}`

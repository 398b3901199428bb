import { randomInt } from 'node:crypto'
import { Audio, PeerConnection, type Track, Video } from 'node-datachannel'
import { post } from './whip-support.ts'

const OPUS = 111
const VP8 = 96

/** A libdatachannel peer, as OBS is one, connected by one offer and one answer. */
async function connect(url: string, headers: Record<string, string>, peer: PeerConnection) {
  const gathered = new Promise<void>((resolve) => peer.onGatheringStateChange((state) => state === 'complete' && resolve()))
  const connected = new Promise<void>((resolve, reject) => {
    peer.onStateChange((state) => (state === 'connected' ? resolve() : state === 'failed' && reject(new Error('not connected'))))
  })
  peer.setLocalDescription('offer')
  await gathered
  const response = await post(url, peer.localDescription()?.sdp ?? '', headers)
  const answer = await response.text()
  if (response.status !== 201) {
    peer.close()
    throw new Error(`${response.status} ${answer}`)
  }
  peer.setRemoteDescription(answer, 'answer')
  await connected
  return {
    session: response.session,
    leave: async () => (await fetch(response.session, { method: 'DELETE', headers })).status,
  }
}

/** Kept for good: what the library made takes the process with it when it is collected as garbage, even after its end. */
const kept: unknown[] = []

function keep<T>(made: T): T {
  kept.push(made)
  return made
}

function newPeer(): PeerConnection {
  return keep(new PeerConnection('peer', { iceServers: [], bindAddress: '127.0.0.1', disableAutoNegotiation: true }))
}

function newAudio(direction: 'SendOnly' | 'RecvOnly'): Audio {
  const audio = new Audio('0', direction)
  audio.addOpusCodec(OPUS)
  return audio
}

function newVideo(direction: 'SendOnly' | 'RecvOnly'): Video {
  const video = new Video('1', direction)
  video.addVP8Codec(VP8)
  return video
}

/** Sends silence and tiny keyframes, 50 packets a second of each, until it is disposed of. */
export async function openSender(url: string, headers: Record<string, string> = {}) {
  const peer = newPeer()
  const audio = newAudio('SendOnly')
  const video = newVideo('SendOnly')
  const ssrcs = { audio: randomInt(1, 2 ** 31), video: randomInt(1, 2 ** 31) }
  audio.addSSRC(ssrcs.audio, 'camera')
  video.addSSRC(ssrcs.video, 'camera')
  const tracks = { audio: keep(peer.addTrack(audio)), video: keep(peer.addTrack(video)) }
  const wantedAt: number[] = []
  let wanted = () => {}
  tracks.video.onMessage((message) => {
    if (!isPictureLoss(message)) return
    wantedAt.push(performance.now())
    wanted()
  })
  const { leave } = await connect(url, headers, peer)
  let sequence = 0
  const timer = setInterval(() => {
    sequence++
    if (tracks.audio.isOpen())
      tracks.audio.sendMessageBinary(packet(OPUS, ssrcs.audio, sequence, sequence * 960, Buffer.from([0xf8, 0xff, 0xfe])))
    if (tracks.video.isOpen()) tracks.video.sendMessageBinary(packet(VP8, ssrcs.video, sequence, sequence * 1_800, KEYFRAME))
  }, 20)
  return {
    leave,
    /** When keyframes were asked for, in milliseconds, as soon as that was so often. */
    async keyframesWanted(times: number): Promise<readonly number[]> {
      while (wantedAt.length < times) await new Promise<void>((resolve) => (wanted = resolve))
      return wantedAt
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      peer.close()
    },
  }
}

type Kind = 'audio' | 'video'

/** Plays, and counts the packets of each kind. */
export async function openReceiver(url: string, ...kinds: Kind[]) {
  const peer = newPeer()
  const counters = new Map(
    kinds.map((kind) => [kind, countPackets(keep(peer.addTrack(kind === 'audio' ? newAudio('RecvOnly') : newVideo('RecvOnly'))))]),
  )
  const { leave } = await connect(url, {}, peer)
  return {
    leave,
    /** Resolves when this many more packets of a kind have come. */
    received: (count: number, kind = kinds[0]!) => counters.get(kind)!.received(count),
    [Symbol.dispose]() {
      peer.close()
    },
  }
}

function countPackets(track: Track) {
  let packets = 0
  const waiting = new Map<() => void, number>()
  track.onMessage((message) => {
    // RTCP shares the port: its packet types are 200 to 207.
    if ((message[1] ?? 0) >= 200 && (message[1] ?? 0) <= 207) return
    packets++
    for (const [resolve, wanted] of waiting) {
      if (packets < wanted) continue
      waiting.delete(resolve)
      resolve()
    }
  })
  return { received: (count: number) => new Promise<void>((resolve) => void waiting.set(resolve, packets + count)) }
}

/** @see RFC 4585 section 6.3.1 */
function isPictureLoss(rtcp: Buffer): boolean {
  return rtcp[0] === 0x81 && rtcp[1] === 206
}

/** The payload descriptor and header of a VP8 keyframe of 16 by 16 pixels. */
const KEYFRAME = Buffer.from([0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85, 0x88])

function packet(payloadType: number, ssrc: number, sequence: number, timestamp: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(12)
  header[0] = 0x80
  header[1] = 0x80 | payloadType
  header.writeUInt16BE(sequence & 0xffff, 2)
  header.writeUInt32BE(timestamp >>> 0, 4)
  header.writeUInt32BE(ssrc, 8)
  return Buffer.concat([header, payload])
}

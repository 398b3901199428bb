import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Sixteen bars, black or white, that say which millisecond it was when the picture was made. */
export const CLOCK = { bits: 16, barPx: 40, widthPx: 640, heightPx: 360, framesPerSecond: 30 }

/** An RTMP encoder of pictures that show the time. */
export class ClockEncoder implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #timer: NodeJS.Timeout

  constructor(url: string) {
    const { widthPx, heightPx, framesPerSecond } = CLOCK
    const input = `-fflags nobuffer -f rawvideo -pix_fmt gray -s ${widthPx}x${heightPx} -r ${framesPerSecond} -i pipe:0`
    const output = `-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p -g 30 -b:v 1M -f flv -flush_packets 1`
    this.#process = spawn('ffmpeg', ['-v', 'error', ...`${input} ${output}`.split(' '), url], { stdio: ['pipe', 'ignore', 'inherit'] })
    const { stdin } = this.#process
    stdin!.on('error', () => {})
    this.#timer = setInterval(() => {
      if (!stdin!.writableNeedDrain) stdin!.write(picture(Date.now()))
    }, 1_000 / framesPerSecond)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}

function picture(ms: number): Buffer {
  const { widthPx, heightPx, barPx } = CLOCK
  const row = Buffer.alloc(widthPx)
  for (let bit = 0; bit < CLOCK.bits; bit++) row.fill((ms >> bit) & 1 ? 235 : 16, bit * barPx, (bit + 1) * barPx)
  return Buffer.alloc(widthPx * heightPx, row)
}

/**
 * For a page: `clock.stream()` shows the time, and `clock.read(stream, forMs)` tells how old each picture of a stream is when it is
 * shown, in milliseconds.
 */
export const clockScript = `
globalThis.clock = {
  stream() {
    const canvas = Object.assign(document.createElement('canvas'), { width: ${CLOCK.widthPx}, height: ${CLOCK.heightPx} })
    const context = canvas.getContext('2d')
    setInterval(() => {
      const now = Date.now()
      for (let bit = 0; bit < ${CLOCK.bits}; bit++) {
        context.fillStyle = (now >> bit) & 1 ? '#fff' : '#000'
        context.fillRect(bit * ${CLOCK.barPx}, 0, ${CLOCK.barPx}, canvas.height)
      }
    }, ${1_000 / CLOCK.framesPerSecond})
    return canvas.captureStream(${CLOCK.framesPerSecond})
  },

  read(stream, forMs) {
    const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, srcObject: stream })
    document.body.append(video)
    const context = new OffscreenCanvas(${CLOCK.widthPx}, 1).getContext('2d', { willReadFrequently: true })
    const ages = []
    const shown = () => {
      const now = Date.now()
      context.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 1, 0, 0, ${CLOCK.widthPx}, 1)
      const { data } = context.getImageData(0, 0, ${CLOCK.widthPx}, 1)
      let made = 0
      for (let bit = 0; bit < ${CLOCK.bits}; bit++) if (data[4 * (bit * ${CLOCK.barPx} + ${CLOCK.barPx / 2})] > 128) made |= 1 << bit
      ages.push((now - made) & 0xffff)
      video.requestVideoFrameCallback(shown)
    }
    video.requestVideoFrameCallback(shown)
    return new Promise((resolve) => setTimeout(() => resolve(ages), forMs))
  },
}`

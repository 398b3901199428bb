import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

export type Shape = { videoType?: string; widthPx?: number; heightPx?: number; framesPerSecond?: number; token?: string }

/** Chromium, which looks at the server's own pages. Faults of their scripts fail the test that closes it. */
export class PagesBrowser implements AsyncDisposable {
  readonly #browser: Browser
  readonly #faults: Error[] = []

  static async open(): Promise<PagesBrowser> {
    const args = [
      '--no-sandbox',
      '--allow-loopback-in-peer-connection',
      '--disable-background-networking',
      '--use-fake-ui-for-media-stream',
    ]
    args.push('--use-fake-device-for-media-stream', '--disable-renderer-backgrounding', '--disable-background-timer-throttling')
    return new PagesBrowser(await chromium.launch({ executablePath: '/usr/bin/chromium', args }))
  }

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  async page(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.#browser.newContext(options)).newPage()
    page.on('pageerror', (error) => this.#faults.push(error))
    await page.goto(url)
    return page
  }

  /** Publishes a moving picture and a tone with the pages' own WHIP client. Ends when the page is closed. */
  async publish(origin: string, room: string, shape: Shape = {}): Promise<Page> {
    const page = await this.page(`${origin}/pages/publish.html`)
    await page.evaluate(publishScript, { ...shape, url: `${origin}/whip/${room}` })
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, 'the pages had faults')
  }
}

// Runs in the page: as text, because the names in it are the browser's.
const publishScript = new Function(
  'shape',
  `return (async () => {
    const { url, token, videoType, widthPx = 640, heightPx = 360, framesPerSecond = 20 } = shape
    const { WhipSession } = await import('/pages/whip.js')
    const canvas = Object.assign(document.createElement('canvas'), { width: widthPx, height: heightPx })
    const context = canvas.getContext('2d')
    let frame = 0
    setInterval(() => {
      context.fillStyle = '#c03020'
      context.fillRect(0, 0, widthPx, heightPx)
      context.fillStyle = '#fff'
      context.fillRect((frame++ * 8) % widthPx, heightPx / 3, 60, 60)
    }, 1000 / framesPerSecond)
    const audio = new AudioContext()
    const tone = audio.createOscillator()
    const output = audio.createMediaStreamDestination()
    tone.connect(output)
    tone.start()
    const stream = new MediaStream([...canvas.captureStream(framesPerSecond).getTracks(), ...output.stream.getTracks()])
    window.published = await WhipSession.open(stream, { url, token, videoType })
    window.addEventListener('pagehide', () => window.published.close())
  })()`,
) as (shape: Shape & { url: string }) => Promise<void>

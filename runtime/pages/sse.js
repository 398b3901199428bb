import { request } from './http.js'

/**
 * Reads server-sent events by fetch, which, unlike EventSource, can present a token and tells why it was refused.
 * Ends when the server ends the stream; throws when the connection breaks.
 *
 * @param {string | URL} url
 * @param {Parameters<typeof request>[1]} [options]
 * @returns {AsyncGenerator<{ event: string, data: string }>}
 */
export async function* readEvents(url, options = {}) {
  const response = await request(url, { cache: 'no-store', ...options, headers: { accept: 'text/event-stream', ...options.headers } })
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let pending = ''
  let event = ''
  /** @type {string[]} */
  let data = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      // A CR at the very end may be the first half of a CRLF.
      const lines = (pending + value).split(/\r\n|\n|\r(?!$)/)
      pending = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event || 'message', data: data.join('\n') }
          event = ''
          data = []
          continue
        }
        const colon = line.indexOf(':')
        const field = colon < 0 ? line : line.slice(0, colon)
        const content = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'event') event = content
        else if (field === 'data') data.push(content)
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

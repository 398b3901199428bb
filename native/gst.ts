/**
 * Writes GStreamer launch strings from typed pieces. Every value is quoted here and every name is checked,
 * so nothing that came from outside (a URL, a file name, a title) can add or alter an element.
 *
 * @example
 * launch(
 *   chain(element('fdsrc', { fd: inputFd(0) }), element('flvdemux', { name: 'd' })),
 *   chain(pad('d', 'video'), element('h264parse'), element('fakesink')),
 * )
 */

declare const checked: unique symbol

/** A piece of a launch string whose parts were checked. */
export type Fragment = string & { readonly [checked]: true }

export type PropertyValue = string | number | boolean

const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/
/** `key-int-max`, and `muxer::faststart` for the child of an element. */
const PROPERTY = /^[A-Za-z][A-Za-z0-9_-]*(::[A-Za-z][A-Za-z0-9_-]*)*$/
const CAPS_STRING = /^[A-Za-z0-9 _.:/+-]*$/
const MEDIA_TYPE = /^[a-z0-9]+\/[A-Za-z0-9.+_-]+(\([A-Za-z:,]+\))?$/

/** The pipe number `index` among those that the parent writes into, as the child's `fdsrc` knows it. */
export function inputFd(index: number): number {
  return FIRST_PIPE_FD + index
}

/** The pipe number `index` among those that the child's `fdsink` writes into; pipes for output follow those for input. */
export function outputFd(index: number, inputs: number): number {
  return FIRST_PIPE_FD + inputs + index
}

/** 0 to 2 are the standard streams, 3 is the control channel. */
const FIRST_PIPE_FD = 4

/** One element with its properties; those that are undefined keep GStreamer's default. */
export function element(factory: string, properties: Record<string, PropertyValue | undefined> = {}): Fragment {
  const words = [match(NAME, factory)]
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined) words.push(`${match(PROPERTY, name)}=${quote(value)}`)
  }
  return words.join(' ') as Fragment
}

/** A filter that lets only this format pass, such as `caps('video/x-raw', { format: 'I420', width: 1280 })`. */
export function caps(mediaType: string, fields: Record<string, PropertyValue | undefined> = {}): Fragment {
  return element('capsfilter', { caps: describeCaps(mediaType, fields) })
}

/** The same as a plain string, for a property that takes caps: `udpsrc caps=…`, `uridecodebin caps=…`. */
export function describeCaps(mediaType: string, fields: Record<string, PropertyValue | undefined> = {}): string {
  const words = [match(MEDIA_TYPE, mediaType)]
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${match(NAME, name)}=${capsValue(value)}`)
  }
  return words.join(',')
}

/** A pad of a named element, to begin or end a chain with: `pad('d', 'video')`; without a pad's name, any that fits. */
export function pad(elementName: string, padName = ''): Fragment {
  return `${match(NAME, elementName)}.${padName === '' ? '' : match(NAME, padName)}` as Fragment
}

/** Links pieces, in order. */
export function chain(...fragments: readonly Fragment[]): Fragment {
  return fragments.join(' ! ') as Fragment
}

/** Puts chains side by side into one pipeline. */
export function launch(...chains: readonly Fragment[]): Fragment {
  return chains.join('  ') as Fragment
}

function quote(value: PropertyValue): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`not a number that GStreamer can read: ${value}`)
  const raw = String(value)
  if (raw.includes('\0')) throw new TypeError('a launch string can not hold a zero byte')

  // A quoted value that begins with a quote is unquoted once more, NULL means "no string", and a backslash before the closing
  // quote takes it away whatever stands before the backslash; GStreamer's own serialised form avoids all three.
  return inQuotes(raw.startsWith('"') || raw.includes('\\') || raw === 'NULL' ? serialized(raw) : raw)
}

function capsValue(value: PropertyValue): string {
  if (typeof value === 'boolean') return `(boolean)${value}`
  if (typeof value === 'number') return Number.isInteger(value) ? `(int)${value}` : `(double)${value}`
  return /^\d+\/\d+$/.test(value) ? `(fraction)${value}` : `(string)"${match(CAPS_STRING, value)}"`
}

function inQuotes(raw: string): string {
  return `"${raw.replace(/["\\]/g, '\\$&')}"`
}

/** The wrapped form of gst_value_serialize: only what stands in an ASCII word as it is, all other bytes in octal. */
function serialized(raw: string): string {
  const bytes = [...Buffer.from(raw)].map((byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9 _.:/+-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `"${bytes.join('')}"`
}

function match(pattern: RegExp, word: string): string {
  if (!pattern.test(word)) throw new TypeError(`not a word of a launch string: ${JSON.stringify(word)}`)
  return word
}

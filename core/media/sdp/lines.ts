import { MediaError } from '../../kernel/errors.ts'

/** The longest description that is read, in characters. Browsers write about 7,000. */
const MAX_SDP_CHARS = 65_536
const MAX_LINES = 2_048
const MAX_SECTIONS = 64

const LINE = /^([a-z])=([^\0]*)$/
const ATTRIBUTE = /^([\w!#$%&'*+.^`{|}~-]+)(?::(.*))?$/

/** One part of a description, the session or a media section: its m= line, if it has one, and its attributes in order. */
export class SdpBlock {
  readonly media: string | undefined
  readonly #attributes = new Map<string, string[]>()

  constructor(media?: string) {
    this.media = media
  }

  add(name: string, value: string): void {
    const values = this.#attributes.get(name)
    if (values) values.push(value)
    else this.#attributes.set(name, [value])
  }

  has(name: string): boolean {
    return this.#attributes.has(name)
  }

  first(name: string): string | undefined {
    return this.#attributes.get(name)?.[0]
  }

  all(name: string): readonly string[] {
    return this.#attributes.get(name) ?? []
  }
}

/**
 * Splits a session description, or a fragment of one, into its session part and its media sections.
 *
 * @throws {MediaError} `SDP_INVALID` when it is too long or a line is not of the form `x=…`.
 * @see RFC 8866 section 5
 */
export function splitSdp(text: string): { session: SdpBlock; sections: SdpBlock[] } {
  if (text.length > MAX_SDP_CHARS) throw invalid('too long')
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.length > MAX_LINES) throw invalid('too many lines')

  const session = new SdpBlock()
  const sections: SdpBlock[] = []
  for (const line of lines) {
    if (line.trim() === '') continue
    const [, type, value = ''] = LINE.exec(line) ?? []
    if (type === undefined) throw invalid('a line that is not of the form x=…')
    if (type === 'm') sections.push(new SdpBlock(value))
    if (sections.length > MAX_SECTIONS) throw invalid('too many media sections')
    if (type === 'a') addAttribute(sections.at(-1) ?? session, value)
  }
  return { session, sections }
}

function addAttribute(block: SdpBlock, text: string): void {
  const [, name, value = ''] = ATTRIBUTE.exec(text.trimEnd()) ?? []
  if (name === undefined) throw invalid('an attribute without a name')
  block.add(name, value)
}

/** A description nobody can read. */
export function invalid(reason: string): MediaError {
  return new MediaError('SDP_INVALID', { reason })
}

/** A description that can be read but not served. */
export function refused(reason: string, details: Record<string, unknown> = {}): MediaError {
  return new MediaError('SDP_REFUSED', { reason, ...details })
}

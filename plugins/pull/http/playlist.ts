const MARK = '#EXTM3U'
/** What a room is sent at most when a source offers several sizes. */
const MAX_HEIGHT_PX = 1_080
/** Of a line that is no address. Players take what has no quotation marks as well. */
const ATTRIBUTE = /([A-Za-z0-9-]+)\s*=\s*("[^"]*"?|[^",]*)/g

export function isPlaylist(head: Buffer): boolean {
  return head
    .toString('utf8', 0, MARK.length + 3)
    .replace(/^\uFEFF/, '')
    .startsWith(MARK)
}

/** Whether nothing will be added to it. */
export function isEnded(playlist: string): boolean {
  return /^#EXT-X-ENDLIST\b/m.test(playlist)
}

/**
 * The playlist with every address in it replaced, and with one of its variants only: the best up to 1080 lines.
 *
 * @param base What addresses are relative to.
 * @see RFC 8216 sections 4.1 and 4.3
 */
export function rewritten(playlist: string, base: string, replace: (url: string) => string): string {
  const own = (address: string) => replace(new URL(address, base).href)
  const attribute = (all: string, name: string, value: string) =>
    name.toUpperCase() === 'URI' ? `${name}="${own(value.replaceAll('"', '').trim())}"` : all
  return bestVariantOf(playlist.split(/\r?\n/))
    .map((line) => {
      if (line.trim() === '') return line
      return line.startsWith('#') ? line.replace(ATTRIBUTE, attribute) : own(line.trim())
    })
    .join('\n')
}

type Variant = { at: number; bandwidth: number; heightPx: number }

function bestVariantOf(lines: readonly string[]): string[] {
  const variants = lines.flatMap((line, at) => variantOf(line, at) ?? [])
  const [best] = variants.toSorted((a, b) => Number(isFitting(b)) - Number(isFitting(a)) || rank(b) - rank(a))
  if (!best) return [...lines]
  const dropped = new Set(variants.filter((variant) => variant !== best).flatMap(({ at }) => [at, at + 1]))
  return lines.filter((line, at) => !dropped.has(at) && !line.startsWith('#EXT-X-I-FRAME-STREAM-INF'))
}

function variantOf(line: string, at: number): Variant | undefined {
  if (!line.startsWith('#EXT-X-STREAM-INF:')) return undefined
  const bandwidth = Number(/\bBANDWIDTH=(\d+)/.exec(line)?.[1] ?? 0)
  return { at, bandwidth, heightPx: Number(/\bRESOLUTION=\d+x(\d+)/.exec(line)?.[1] ?? 0) }
}

const isFitting = ({ heightPx }: Variant) => heightPx <= MAX_HEIGHT_PX
/** Of those that do not fit the smallest one is best. */
const rank = (variant: Variant) => (isFitting(variant) ? variant.bandwidth : -variant.bandwidth)

/** Bytes in JSON that what is kept of a line may have; what is longer is cut, and says so. */
const LONGEST_MESSAGE = 2_048
const LONGEST_FIELDS = 4_096
const LONGEST_VALUE = 2_048
const LONGEST_NAME = 64
/** Fields that are said to be cut at most. */
const MOST_NAMED = 10

/** What is kept of a line's message. */
export function keptMessage(message: string): string {
  return beginning(message, LONGEST_MESSAGE)
}

/** What is kept of a line's fields: `cut` names those that are not whole, or missing. */
export function keptFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const text = JSON.stringify(fields)
  if (text === '{}') return null
  if (Buffer.byteLength(text) <= LONGEST_FIELDS) return { ...fields }
  const kept: Record<string, unknown> = {}
  const cut: string[] = []
  let left = LONGEST_FIELDS - MOST_NAMED * LONGEST_NAME
  for (const [name, value] of Object.entries(fields)) {
    const whole = JSON.stringify(value)
    if (whole === undefined) continue
    const isLong = Buffer.byteLength(whole) > LONGEST_VALUE
    const next = isLong ? beginning(typeof value === 'string' ? value : whole, LONGEST_VALUE) : value
    const bytes = bytesOf(name) + bytesOf(next) + 2
    const fits = name.length <= LONGEST_NAME && bytes <= left
    if (fits) {
      kept[name] = next
      left -= bytes
    }
    if ((isLong || !fits) && cut.length < MOST_NAMED) cut.push(name.slice(0, LONGEST_NAME / 2))
  }
  return { ...kept, cut }
}

/** As much of a text as fits; in JSON a character may take six bytes. */
function beginning(text: string, longest: number): string {
  if (text.length <= longest && bytesOf(text) <= longest) return text
  let kept = text.slice(0, longest)
  while (bytesOf(`${kept}…`) > longest) kept = kept.slice(0, Math.floor(kept.length * 0.9))
  return `${kept}…`
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

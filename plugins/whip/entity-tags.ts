import { HttpRefusal } from './refusal.ts'

/** A strong entity tag. @see RFC 9110 section 8.8.3 */
export function quoted(tag: string): string {
  return `"${tag}"`
}

/**
 * The tags that a request is meant for; undefined: any.
 *
 * `"*"` means any as well: RFC 9725 writes it so in its examples.
 *
 * @throws {HttpRefusal} 428 when it does not say.
 */
export function ifMatchOf(request: Request): string[] | undefined {
  const header = request.headers.get('if-match')?.trim()
  if (!header) throw new HttpRefusal(428, 'PRECONDITION_REQUIRED', 'If-Match has to name the session by its ETag, or be "*".')
  if (header === '*' || header === '"*"') return undefined
  // Weak tags never match: the comparison is the strong one.
  return [...header.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = '']) => (weak === undefined ? [tag] : []))
}

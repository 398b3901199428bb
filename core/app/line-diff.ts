import { diffArrays } from 'diff'

/** Changed lines beyond which looking for what stayed between them costs more than it tells. */
const MAX_CHANGED_LINES = 2_000

/**
 * Every line of both texts: those that stay begin with two spaces, those that go with `- `, those that come with `+ `. Empty when the texts
 * are the same.
 */
export function lineDiff(before: string, after: string): string {
  if (before === after) return ''
  const [old, now] = [linesOf(before), linesOf(after)]
  const parts = diffArrays(old, now, { maxEditLength: MAX_CHANGED_LINES }) ?? [
    { value: old, added: false, removed: true },
    { value: now, added: true, removed: false },
  ]
  return parts.flatMap(({ value, added, removed }) => value.map((line) => `${added ? '+ ' : removed ? '- ' : '  '}${line}`)).join('\n')
}

/** The last line's end begins no other line. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

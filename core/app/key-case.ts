/** The keys of `config.yaml` are in snake case, those of the API in camel case. */

export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const camelCase = (key: string): string => key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

/** Keys that say nothing, such as a heading with every line below it commented out, are as if they were not there. */
export function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys)
  if (value === null || typeof value !== 'object') return value
  const said = Object.entries(value).filter(([key, inner]) => inner !== null && !/[A-Z]/.test(key))
  return Object.fromEntries(said.map(([key, inner]) => [camelCase(key), camelKeys(inner)]))
}

export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), snakeKeys(inner)]))
}

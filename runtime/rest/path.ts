const REST = /\{(\w+)\*\}/

/** A path of a route table as Fastify knows it, and how its parameters are found. */
export type MatchedPath = {
  readonly urls: readonly string[]
  /** Undefined when the address is not of this path after all. */
  paramsOf(found: Readonly<Record<string, string>>): Record<string, string> | undefined
}

export function matchPath(path: string): MatchedPath {
  const [, name] = REST.exec(path) ?? []
  if (name === undefined) return { urls: [path.replaceAll(/\{(\w+)\}/g, ':$1')], paramsOf: (found) => ({ ...found }) }

  const [before = '', , after = ''] = path.split(REST)
  // The rest may be empty, with or without the slash before it.
  const urls = [`${before}*`, before.replace(/\/$/, '')]
  const paramsOf = ({ '*': rest = '' }: Readonly<Record<string, string>>) =>
    rest.endsWith(after) ? { [name]: rest.slice(0, rest.length - after.length) } : undefined
  return { urls, paramsOf }
}

/** As OpenAPI writes it. */
export function documentedPath(path: string): string {
  return path.replace(REST, '{$1}')
}

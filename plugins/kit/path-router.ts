import createRouter from 'find-my-way'

/** Which value a URL path belongs to. Patterns are as in `/whip/:app/:room` and `/files/*`. */
export class PathRouter<T> {
  readonly #router = createRouter({ ignoreTrailingSlash: true, maxParamLength: 512 })

  /** @throws {Error} when an equal pattern is there already, or it is malformed. */
  add(path: string, value: T): void {
    this.#router.on('GET', path, () => {}, value)
  }

  /** @param url Path with or without a query. Undefined as well when it is badly encoded. */
  find(url: string): { value: T; params: Record<string, string> } | undefined {
    const found = this.#router.find('GET', pathOf(url))
    if (!found || found.store == null) return undefined
    return { value: found.store as T, params: { ...found.params } as Record<string, string> }
  }
}

/** The path of a request target, which may be an absolute URL. */
function pathOf(url: string): string {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, '')
  const query = path.search(/[?#]/)
  return query < 0 ? path : path.slice(0, query)
}

/** On every answer: nothing here is to be guessed at, indexed or told to other sites. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  'referrer-policy': 'no-referrer',
}

/** Scripts and styles from here only; media and WebRTC signalling may go wherever a page is told to. */
const PAGE_SOURCES =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'"

/** For our own pages. Pages made to be embedded elsewhere leave `frame-ancestors` open; those that play what lies in buckets, its hosts. */
export function pagePolicy({ embeddable, playsAnything = false }: { embeddable: boolean; playsAnything?: boolean }): string {
  const sources = playsAnything ? PAGE_SOURCES.replace(/(img|media)-src 'self'/g, '$& http: https:') : PAGE_SOURCES
  return embeddable ? sources : `${sources}; frame-ancestors 'self'`
}

/** GraphiQL brings its script inline, and its editor starts workers from blobs. */
export const GRAPHIQL_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

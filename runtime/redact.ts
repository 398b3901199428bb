const SECRET_KEY = '[\\w-]*(?:token|tokens|secret|password|passwd|stream_?key|api[-_]?key|credential|authorization|cookie|ice-?pwd)'

/** `"token":"…"`, in JSON and in JSON inside a string, as text or as a list. */
const FIELD = new RegExp(`(\\\\*")(${SECRET_KEY})\\1:(?:\\1(?:(?!\\1)(?:\\\\.|[^\\\\]))*\\1|\\[[^\\]]*\\])`, 'gi')
/** `?token=…` in an address or a form. */
const QUERY = new RegExp(`([?&;](?:${SECRET_KEY}|key|sign)=)[^&#"'\\\\\\s]+`, 'gi')
const BEARER = /\b(Bearer|Basic) [\w.~+/=-]{6,}/gi
/** Those that are created, and those that are lent. */
const API_TOKEN = /\b(sk|lt)_[\w-]{8,}/g
const ICE_PASSWORD = /(a=ice-pwd:)[^\\\s"]+/g
const USER_INFO = /(:\/\/[^/:@\s"]*:)[^/@\s"]+@/g

/** One log line without the secrets in it, wherever in it they stand. */
export function redact(line: string): string {
  return line
    .replace(FIELD, '$1$2$1:$1***$1')
    .replace(QUERY, '$1***')
    .replace(BEARER, '$1 ***')
    .replace(API_TOKEN, '$1_***')
    .replace(ICE_PASSWORD, '$1***')
    .replace(USER_INFO, '$1***@')
}

/** A value to show with its secrets masked. */
export function maskSecrets(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(redact(JSON.stringify(value)))
}

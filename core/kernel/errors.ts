/**
 * Every coded error Patchbay answers with: what went wrong in the caller's terms, and the class of failure it belongs to.
 * The edges map the class: HTTP to a status, GraphQL to `extensions.code`, a foreign API to its own words.
 */
export const ERRORS = {
  UNAUTHENTICATED: ['unauthenticated', 'No valid credential was presented.'],
  FORBIDDEN: ['forbidden', 'The credential does not allow this.'],
  SIGN_UP_DISABLED: ['forbidden', 'Only an administrator makes accounts on this server.'],
  INPUT_INVALID: ['invalid', 'A value is missing or malformed; `field` names it.'],
  NOT_FOUND: ['missing', 'Nothing with this id or name exists.'],
  CONFLICT: ['conflict', 'The thing exists already or is in a state that forbids this.'],
  APP_NOT_FOUND: ['missing', 'No app has this name.'],
  APP_EXISTS: ['conflict', 'An app has this name already, or claims rooms with this prefix.'],
  APP_CONFIG_INVALID: ['invalid', 'The configuration of the app can not be used; `field` and `reason` say why.'],
  ROOM_NOT_FOUND: ['missing', 'No open room has this name.'],
  ROOM_EXISTS: ['conflict', 'An open room has this name already.'],
  ROOM_NAME_INVALID: ['invalid', 'A room name is 1 to 200 of the characters A-Z a-z 0-9 . _ - and carries the prefix of its app.'],
  QUOTA_EXCEEDED: ['exhausted', 'The tenant has used up a quota; `metric`, `limit` and `used` say which.'],
  RECORDING_DISABLED: ['invalid', 'The app records nothing.'],
  ROOM_CLOSED: ['conflict', 'The room was closed meanwhile.'],
  PARTICIPANT_NOT_FOUND: ['missing', 'No participant has this id.'],
  IDENTITY_TAKEN: ['conflict', 'Somebody else is publishing under this identity.'],
  TRACK_NOT_FOUND: ['missing', 'No track has this id.'],
  TRACK_CLOSED: ['conflict', 'The track has ended.'],
  VIEWER_NOT_FOUND: ['missing', 'No viewer has this id.'],
  VIEWER_LIMIT: ['exhausted', 'The room has as many viewers as it may have.'],
  STREAM_NOT_FOUND: ['missing', 'Nobody publishes, or has published, under this name or number.'],
  NOTHING_LIVE: ['missing', 'Nobody publishes in this room at the moment.'],
  NO_PICTURE: ['unavailable', 'It shows no picture at the moment.'],
  INGRESS_NOT_FOUND: ['missing', 'No ingress has this id.'],
  STREAM_KEY_UNKNOWN: ['forbidden', 'No ingress has this stream key and the app does not permit open publishing.'],
  SDP_INVALID: ['invalid', 'The session description can not be read.'],
  SDP_REFUSED: ['unprocessable', 'The session description is readable but can not be served; `reason` says why.'],
  CODEC_UNSUPPORTED: ['unprocessable', 'Nothing here can carry this codec.'],
  SESSION_NOT_FOUND: ['missing', 'No WebRTC session has this id.'],
  SESSION_CHANGED: ['conflict', 'The ICE session was restarted meanwhile; `tag` names the present one.'],
  TRANSPORT_NOT_FOUND: ['missing', 'No transport has this id.'],
  PRODUCER_NOT_FOUND: ['missing', 'No producer, and no track, has this id.'],
  CONSUMER_NOT_FOUND: ['missing', 'No consumer has this id.'],
  DATA_PRODUCER_NOT_FOUND: ['missing', 'No data producer has this id.'],
  DATA_CONSUMER_NOT_FOUND: ['missing', 'No data consumer has this id.'],
  PEER_LIMIT: ['exhausted', 'The participant has as many of these as it may have; `what` names them.'],
  RATE_LIMITED: ['exhausted', 'This was asked for too often.'],
  MEDIA_UNAVAILABLE: ['unavailable', 'No media worker is alive at the moment.'],
  MAIL_UNAVAILABLE: ['unavailable', 'This server sends no mail.'],
  OVERLOADED: ['unavailable', 'The server has no capacity for this at the moment.'],
  PIPELINE_FAILED: ['internal', 'A media pipeline could not run; `reason` says why.'],
  FEATURE_DISABLED: ['missing', 'The app does not have this; `feature` names it.'],
  STORAGE_FAILED: ['unavailable', 'The bucket of the app does not take the file; `reason` says why.'],
  PLUGIN_NOT_FOUND: ['missing', 'No plugin has this name.'],
  PLUGIN_DISABLED: ['forbidden', 'The app does not use this plugin.'],
  PLUGIN_UNAVAILABLE: ['unavailable', 'The plugin that answers this is not running.'],
  PLUGIN_CONFIG_INVALID: ['invalid', 'The plugin refuses this configuration; `field` names the option.'],
  CLUSTER_DISABLED: ['unavailable', 'No token is configured with which nodes could join this server.'],
  CLUSTER_TOKEN_WRONG: ['unauthenticated', 'This is not the token with which nodes join this server.'],
  NODE_NOT_FOUND: ['missing', 'No node has this id.'],
  NODE_EXISTS: ['conflict', 'Another node has this name.'],
  NODE_FIXED: ['conflict', 'This server can not be removed from its own cluster.'],
  NODE_STATS_TOO_LARGE: ['invalid', 'The stats of a node are larger than they may be; `limit` says how large, in bytes.'],
  TASK_NOT_FOUND: ['missing', 'No task has this id.'],
  TASK_FIXED: ['conflict', 'This task can not be stopped or restarted on its own.'],
  TIMEOUT: ['unavailable', 'The answer did not come in time.'],
  SUBSCRIPTION_LIMIT: ['exhausted', 'This connection has as many subscriptions as it may have.'],
  QUERY_TOO_EXPENSIVE: ['invalid', 'The operation is deeper, costlier or more aliased than the server permits.'],
  CONFIG_INVALID: ['invalid', 'The configuration has mistakes; `issues` lists them.'],
  INTERNAL: ['internal', 'A fault of the server; the log has the details.'],
} as const satisfies Record<string, readonly [ErrorClass, string]>

export type ErrorClass =
  | 'unauthenticated'
  | 'forbidden'
  | 'invalid'
  | 'missing'
  | 'conflict'
  | 'unprocessable'
  | 'exhausted'
  | 'unavailable'
  | 'internal'

export type ErrorCode = keyof typeof ERRORS

/** An error that the caller can act on. Everything else that is thrown is a bug, is logged, and reaches nobody. */
export class MediaError extends Error {
  override readonly name = 'MediaError'
  readonly code: ErrorCode
  /** What the caller needs to know beyond the code: names, ids, limits, reasons. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Record<string, unknown> = {}) {
    super(describe(code, details))
    this.code = code
    this.details = details
  }

  get class(): ErrorClass {
    return ERRORS[this.code][0]
  }
}

function describe(code: ErrorCode, details: Record<string, unknown>): string {
  const shown = Object.entries(details).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return shown.length === 0 ? ERRORS[code][1] : `${ERRORS[code][1]} (${shown.join(', ')})`
}

/** Whether an error came out of another thread or process as one of ours. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether the machine, and no fault of ours, is the reason: a port in use, a full disk, a file that is no database. */
export function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(E[A-Z0-9]+|SQLITE_\w+)$/.test(error.code)
}

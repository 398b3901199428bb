import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { LOG_LEVELS } from '../../core/kernel/log.ts'
import * as value from './values.ts'

export type Variable<T> = { readonly parse: z.ZodType<T, string>; readonly fallback: string | undefined; readonly help: string }

function withDefault<T>(fallback: string, parse: z.ZodType<T, string>, help: string): Variable<T> {
  return { parse, fallback, help }
}

function optional<T>(parse: z.ZodType<T, string>, help: string): Variable<T | undefined> {
  return { parse, fallback: undefined, help }
}

const level = z.enum(LOG_LEVELS, 'must be trace, debug, info, warn, error or fatal')

/** Every environment variable that is read, in the order `--help` shows them. An empty one counts as absent. */
export const VARIABLES = {
  HOST: withDefault('127.0.0.1', value.host, 'Address to listen on. Beyond loopback a credential must be configured.'),
  PORT: withDefault('8080', value.port, 'HTTP port; 0 takes a free one.'),
  HTTP_ADDR: optional(value.listenAddress, 'go-live: address and port in one, such as :8080; wins over HOST and PORT.'),
  RTMP_PORT: withDefault('1935', value.port, 'RTMP port; 0 takes a free one.'),
  RTC_PORT: withDefault('40000', value.port, 'First WebRTC port (UDP and TCP), one for each media worker; 0 takes free ones.'),
  ANNOUNCED_IP: optional(value.hosts, 'Comma list of the addresses at which WebRTC clients reach this server.'),
  PUBLIC_URL: optional(value.publicUrl, 'The address of this server in links, such as https://media.example.org.'),
  DATA_DIR: withDefault('./data', value.text, 'Folder of everything that is kept.'),
  DATABASE_URL: optional(value.secret, 'libsql:// address of a shared registry, in place of the one in DATA_DIR.'),
  WORKERS: withDefault(String(availableParallelism()), value.whole(1, 256), 'Media workers; as many as there are cores.'),
  LOG_LEVEL: withDefault('info', level, 'The least level that is logged.'),
  LOG_ARCHIVE_LEVEL: withDefault('info', level, 'The least level that is kept for searching; never less than LOG_LEVEL.'),
  LOG_RETENTION_DAYS: withDefault('30', value.whole(1, 3_650), 'Days for which the log is kept.'),
  PATCHBAY_API_TOKEN: optional(value.apiToken, 'First global token, sk_…; generated and shown once when absent.'),
  AUTH_TOKEN: optional(value.secret, 'go-live: token for publishing and playing.'),
  ROOM_TOKENS: withDefault('', value.roomTokens, 'go-live: tokens of single rooms, room1:token1;room2:token2.'),
  JWT_SECRET: optional(value.secret, "HMAC key of the tokens of those who log in, and of go-live's room and admin JWTs."),
  JWT_AUDIENCE: optional(value.text, 'go-live: the audience those JWTs must name.'),
  ADMIN_TOKEN: optional(value.secret, 'go-live: token for administration.'),
  ADMIN_USER: withDefault('admin', value.text, 'Name with which the administrator logs in.'),
  ADMIN_PASS: optional(value.secret, 'Password of the administrator; with JWT_SECRET it can log in.'),
  ALLOW_SIGNUP: withDefault('false', value.truth, 'Whether strangers may make an account and a tenant of their own: true or false.'),
  RECORD_ENABLED: withDefault('0', value.onOff, 'go-live: whether everybody who publishes in the app live is recorded: 1 or 0.'),
  RECORD_DIR: optional(value.text, 'go-live: folder of the recordings of the app live; in DATA_DIR when absent.'),
  UPLOAD_RECORDINGS: withDefault('0', value.onOff, 'go-live: whether they are uploaded to the bucket that S3_BUCKET names: 1 or 0.'),
  DELETE_RECORDING_AFTER_UPLOAD: withDefault('0', value.onOff, 'go-live: whether they leave this machine then: 1 or 0.'),
  S3_ENDPOINT: optional(value.text, 'go-live: host, and port, of the storage.'),
  S3_REGION: withDefault('us-east-1', value.text, 'go-live: region of the bucket.'),
  S3_BUCKET: optional(value.text, 'go-live: the bucket.'),
  S3_ACCESS_KEY: optional(value.secret, 'go-live: access key of the storage.'),
  S3_SECRET_KEY: optional(value.secret, 'go-live: secret key of the storage.'),
  S3_PREFIX: optional(value.text, 'go-live: what the keys of recordings begin with.'),
  S3_USE_SSL: withDefault('1', value.onOff, 'go-live: whether the storage is reached by HTTPS: 1 or 0.'),
  S3_PATH_STYLE: withDefault('0', value.onOff, 'go-live: whether the bucket is named in the path: 1 or 0.'),
  API_SECRET: optional(value.secret, 'RTCstack: the key its clients send as X-API-Key.'),
  LIVEKIT_API_KEY: optional(value.text, 'LiveKit: issuer of join tokens.'),
  LIVEKIT_API_SECRET: optional(value.secret, 'LiveKit: key of join tokens.'),
  STREAMHUB_CLUSTER_TOKEN: optional(value.secret, 'StreamHub: token with which nodes join.'),
  CLUSTER_REDIS_URL: optional(value.secret, 'StreamHub: the Redis that nodes are told of when they join; REDIS_URL when absent.'),
  REDIS_URL: optional(value.secret, 'StreamHub: the Redis that nodes are told of; this server itself needs none.'),
  PUBLIC_WS_URL: optional(value.publicWsUrl, 'The address of this server for WebSockets, where it is not that of PUBLIC_URL.'),
  RTMP_PUBLIC_HOST: optional(value.host, 'The host in RTMP addresses that encoders are told, where it is not that of PUBLIC_URL.'),
  METRICS_TOKEN: optional(value.secret, 'A token that may read /metrics and nothing else.'),
  MAX_SUBS_PER_ROOM: withDefault('0', value.whole(0, 1_000_000), 'Viewers a room may have; 0 is no limit.'),
  RATE_LIMIT_RPS: withDefault('0', value.rate, 'Requests a second and address on the open routes; 0 is no limit.'),
  RATE_LIMIT_BURST: withDefault('0', value.whole(0, 1_000_000), 'Requests that may come at once within that rate.'),
  ALLOWED_ORIGIN: withDefault(
    '*',
    value.list,
    'Origins whose pages may call the open routes; comma list. On loopback, other sites only when named.',
  ),
  ALLOW_PRIVATE_ADDRESSES: withDefault(
    'false',
    value.privateAddresses,
    'Whether pulls, pushes and webhooks reach private addresses: true, or CIDRs.',
  ),
  STUN_URLS: withDefault('stun:stun.l.google.com:19302', value.urls, 'STUN servers told to clients; comma list, or none.'),
  TURN_URLS: withDefault('none', value.urls, 'TURN servers told to clients; comma list, or none.'),
  TURN_USERNAME: optional(value.text, 'User name for the TURN servers.'),
  TURN_PASSWORD: optional(value.secret, 'Password for the TURN servers.'),
  TLS_CERT_FILE: optional(value.text, 'Certificate chain (PEM). With TLS_KEY_FILE the server speaks HTTPS.'),
  TLS_KEY_FILE: optional(value.text, 'Private key (PEM) of that certificate.'),
  GRAPHQL_INTROSPECTION: withDefault('on', value.flag, 'Whether the GraphQL schema can be read by clients: on or off.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    value.publicUrl,
    'OTLP collector that spans are sent to, such as http://localhost:4318; absent: no traces.',
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: withDefault(
    'http/protobuf',
    z.enum(['http', 'http/protobuf', 'http/json'], 'must be http/protobuf or http/json: spans are not sent over gRPC'),
    'How they are sent: http/protobuf or http/json.',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: optional(value.headers, 'Headers for the collector, name1=value1,name2=value2.'),
  OTEL_TRACES_EXPORTER: optional(
    z.enum(['otlp', 'console', 'none'], 'must be otlp, console or none'),
    'console prints spans on stdout, none switches traces off whatever else is set.',
  ),
  OTEL_SERVICE_NAME: withDefault('patchbay', value.text, 'What this server is called in traces.'),
  TRUSTED_PROXIES: withDefault('', value.addresses, 'Addresses and CIDRs of the reverse proxies whose X-Forwarded-For counts.'),
} satisfies Record<string, Variable<unknown>>

export type VariableName = keyof typeof VARIABLES
export type Values = { [Name in VariableName]: (typeof VARIABLES)[Name] extends Variable<infer T> ? T : never }

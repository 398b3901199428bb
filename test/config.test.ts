import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AddressSet, isLoopback } from '../core/kernel/addresses.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { helpText, readArguments } from '../runtime/config/arguments.ts'
import { type ConfigIssue, describeStartFailure, readEnv } from '../runtime/config/env.ts'
import { isLoopbackOnly, requireSafeExposure } from '../runtime/config/safety.ts'
import { VARIABLES } from '../runtime/config/variables.ts'

const API_TOKEN = 'sk_0123456789abcdefXYZ'

function issuesOf(run: () => unknown): readonly ConfigIssue[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof MediaError)
    assert.equal(error.code, 'CONFIG_INVALID')
    return error.details.issues as ConfigIssue[]
  }
  return assert.fail('it was accepted')
}

test('an empty environment gives the documented defaults', () => {
  const config = readEnv({})
  assert.equal(config.host, '127.0.0.1')
  assert.deepEqual([config.port, config.rtmpPort, config.rtcPort], [8080, 1935, 40_000])
  assert.equal(config.dataDir, './data')
  assert.equal(config.logLevel, 'info')
  assert.ok(config.workers >= 1)
  assert.equal(config.privateAddresses, false)
  assert.equal(config.introspection, true)
  assert.equal(config.tls, undefined)
  assert.equal(config.insecure, false)
  assert.deepEqual(config.iceServers, [{ urls: ['stun:stun.l.google.com:19302'] }])
})

test('every mistake is listed at once, by variable, without the value of a secret', () => {
  const env = {
    PORT: '70000',
    HOST: 'not a host',
    WORKERS: '0',
    LOG_LEVEL: 'loud',
    PATCHBAY_API_TOKEN: 'hunter2',
    PUBLIC_URL: 'media.example.org',
    ROOM_TOKENS: 'yard',
    TRUSTED_PROXIES: '10.0.0.0/40',
    RATE_LIMIT_RPS: 'many',
    GRAPHQL_INTROSPECTION: 'maybe',
    TLS_CERT_FILE: 'cert.pem',
  }
  const issues = issuesOf(() => readEnv(env))
  assert.deepEqual(
    new Set(issues.map(({ name }) => name)),
    new Set([...Object.keys(env).filter((name) => name !== 'TLS_CERT_FILE'), 'TLS_KEY_FILE']),
  )
  assert.doesNotMatch(JSON.stringify(issues), /hunter2/)
  assert.match(describeStartFailure(new MediaError('CONFIG_INVALID', { issues })), /\n {2}PORT must be a whole number from 0 to 65535\n/)
})

test('lists, ranges, tokens and TURN servers are read', () => {
  const config = readEnv({
    PORT: '0',
    ANNOUNCED_IP: '192.0.2.1, media.example.org',
    PUBLIC_URL: 'https://media.example.org/',
    ROOM_TOKENS: 'yard: a:b ; gate:c;gate:d;',
    ALLOW_PRIVATE_ADDRESSES: '10.0.0.0/8,::1',
    STUN_URLS: 'none',
    TURN_URLS: 'turn:t.example.org',
    TURN_USERNAME: 'u',
    TURN_PASSWORD: 'p',
    RATE_LIMIT_RPS: '10.5',
  })
  assert.equal(config.port, 0)
  assert.deepEqual(config.announcedIps, ['192.0.2.1', 'media.example.org'])
  assert.equal(config.publicUrl, 'https://media.example.org')
  assert.deepEqual(
    [...config.goLive.roomTokens].map(([room, token]) => [room, token.reveal()]),
    [
      ['yard', 'a:b'],
      ['gate', 'd'],
    ],
  )
  assert.ok(
    config.privateAddresses instanceof AddressSet && config.privateAddresses.has('10.1.2.3') && !config.privateAddresses.has('11.1.2.3'),
  )
  assert.equal(config.iceServers[0]?.credential?.reveal(), 'p')
  assert.equal(config.rateLimit.perSecond, 10.5)
})

test('a configuration shows none of its secrets, however it is printed', () => {
  const config = readEnv({
    PATCHBAY_API_TOKEN: API_TOKEN,
    ADMIN_TOKEN: 'hunter2',
    ROOM_TOKENS: 'yard:hunter3',
    DATABASE_URL: 'libsql://x?authToken=hunter4',
  })
  for (const text of [JSON.stringify(config), inspect(config, { depth: 9 }), `${config.goLive.adminToken}`])
    assert.doesNotMatch(text, /hunter|sk_0/)
  assert.equal(config.goLive.adminToken?.reveal(), 'hunter2')
})

test('beyond loopback the start wants a credential, or --insecure', () => {
  const open = { HOST: '0.0.0.0' }
  assert.match(issuesOf(() => requireSafeExposure(readEnv(open), false))[0]!.problem, /PATCHBAY_API_TOKEN.*--insecure/)
  requireSafeExposure(readEnv(open), true)
  requireSafeExposure(readEnv(open, { insecure: true }), false)
  requireSafeExposure(readEnv({}), false)
  for (const credential of [
    { PATCHBAY_API_TOKEN: API_TOKEN },
    { AUTH_TOKEN: 'x' },
    { ROOM_TOKENS: 'a:b' },
    { JWT_SECRET: 'x' },
    { ADMIN_TOKEN: 'x' },
    { API_SECRET: 'x' },
  ]) {
    requireSafeExposure(readEnv({ ...open, ...credential }), false)
  }
})

test('naming a trusted proxy means being reachable through it', () => {
  const config = readEnv({ TRUSTED_PROXIES: '127.0.0.1' })
  assert.equal(isLoopbackOnly(config), false)
  assert.equal(issuesOf(() => requireSafeExposure(config, false))[0]?.name, 'TRUSTED_PROXIES')
})

test('loopback is recognised by name and address', () => {
  for (const name of ['localhost', 'LOCALHOST', 'app.localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(name), name)
  for (const name of ['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example.org', '127.0.0.1.example.org']) assert.ok(!isLoopback(name), name)
})

test('nothing is traced unless asked for; OpenTelemetry names are read, and gRPC is refused by name', () => {
  assert.equal(readEnv({ OTEL_SERVICE_NAME: 'cam' }).traces, undefined)
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/'
  assert.equal(readEnv({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }).traces, undefined)
  assert.deepEqual(readEnv({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http' }).traces, {
    serviceName: 'patchbay',
    exporter: { to: 'otlp', url: 'http://collector:4318/v1/traces', format: 'protobuf', headers: new Map() },
  })
  assert.deepEqual(readEnv({ OTEL_TRACES_EXPORTER: 'console' }).traces, { serviceName: 'patchbay', exporter: { to: 'console' } })
  const mistaken = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_HEADERS: 'x-key', OTEL_TRACES_EXPORTER: 'zipkin' }
  assert.deepEqual(
    issuesOf(() => readEnv(mistaken))
      .map(({ name }) => name)
      .sort(),
    Object.keys(mistaken).sort(),
  )
})

test('--help names every variable; unknown arguments are refused', () => {
  assert.deepEqual(readArguments(['--insecure', '--plugins', 'mine.ts']), {
    insecure: true,
    help: false,
    reload: false,
    plugins: 'mine.ts',
  })
  for (const name of Object.keys(VARIABLES)) assert.match(helpText(), new RegExp(`^  ${name} `, 'm'))
  assert.equal(issuesOf(() => readArguments(['--insecur']))[0]?.name, 'arguments')
})

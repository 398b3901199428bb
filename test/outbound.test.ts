import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { createServer, get } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { test } from 'node:test'
import { AddressSet, isPublicAddress } from '../core/kernel/addresses.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { OutboundPolicy } from '../core/kernel/outbound.ts'

const PRIVATE = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0'],
  'unique-local': ['fc00::1', 'fd12:3456::1'],
  'site-local': ['fec0::1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  unspecified: ['0.0.0.0', '::'],
  'this network': ['0.1.2.3'],
  'IETF protocols, benchmarks, reserved, broadcast': ['192.0.0.8', '192.88.99.1', '198.18.0.1', '240.0.0.1', '255.255.255.255'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a00:1', '0:0:0:0:0:ffff:c0a8:101'],
  'IPv4-compatible': ['::127.0.0.1', '::a00:1'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::1'],
  tunnels: ['2001::1', '2002:7f00:1::', '2002:808:808::1'],
  'discard, reserved': ['100::1', '4000::1'],
  'no address': ['', 'example.org', '1.2.3', '999.1.1.1'],
}

for (const [kind, addresses] of Object.entries(PRIVATE)) {
  test(`no address of this class is public: ${kind}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address)
  })
}

test('addresses of the open internet are public', () => {
  const open = ['1.1.1.1', '11.0.0.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.167.1.1', '223.255.255.255']
  for (const address of [...open, '2606:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1'])
    assert.equal(isPublicAddress(address), true, address)
})

/** A name server that knows these names only. */
function names(known: Record<string, string[]>): LookupFunction {
  return (host, _options, callback) => {
    const found: LookupAddress[] = (known[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (found.length > 0) callback(null, found)
    else callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), [])
  }
}

const resolver = names({
  'example.org': ['93.184.216.34', '2606:2800:220:1::1'],
  'inside.example.org': ['10.0.0.7'],
  'half.example.org': ['93.184.216.34', '127.0.0.1'],
  'localhost.localdomain': ['127.0.0.1'],
})
const strict = new OutboundPolicy(false, resolver)

const refused = (reason: RegExp) => (error: unknown) =>
  error instanceof MediaError && error.code === 'INPUT_INVALID' && reason.test(String(error.details.reason))

test('a URL is refused when any address of its host is private, however that is spelled', async () => {
  const hosts = ['127.0.0.1', '127.1', '0x7f.1', '0x7f000001', '2130706433', '0177.0.0.1', '017700000001', '0', '10.1', '[::1]', '[::]']
  const more = ['[::ffff:7f00:1]', '[64:ff9b::a00:1]', 'localhost', 'LOCALHOST.', 'a.localhost', '１２７.0.0.1', 'inside.example.org']
  for (const host of [...hosts, ...more, 'half.example.org', 'localhost.localdomain']) {
    await assert.rejects(strict.check(`http://${host}/x`), refused(/private network/), host)
    await assert.rejects(
      strict.check(`rtsp://user:secret@${host}:554/x`, { schemes: ['rtsp'] }),
      refused(/private network/),
      `rtsp ${host}`,
    )
  }
})

test('a public URL is answered with the addresses of its host', async () => {
  assert.deepEqual(await strict.check('https://example.org/hook'), ['93.184.216.34', '2606:2800:220:1::1'])
  assert.deepEqual(await strict.check('https://[2606:4700::1111]:8443/'), ['2606:4700::1111'])
  assert.deepEqual(await strict.check('rtmp://1.1.1.1/live', { schemes: ['rtmp'] }), ['1.1.1.1'])
})

test('a URL of another scheme, without a host, or whose name nobody knows is refused by the name of its field', async () => {
  const field = 'callbackUrl'
  const cases = { 'ftp://example.org': /http:\/\/ or https/, nonsense: /no URL/, 'http://': /no URL/, 'http://nowhere.example': /resolved/ }
  for (const [url, reason] of Object.entries(cases)) {
    await assert.rejects(strict.check(url, { field }), (error: MediaError) => refused(reason)(error) && error.details.field === field, url)
  }
  await assert.rejects(strict.check('file:///etc/passwd', { schemes: ['file'] }), refused(/names no host/))
  await assert.rejects(strict.check('javascript:alert(1)'), refused(/must begin/))
})

test('without a name server it is said what can be said', () => {
  assert.equal(strict.screen('https://hooks.example.com/x'), 'hooks.example.com')
  assert.throws(() => strict.screen('https://0x7f.1/x'), refused(/private network/))
})

test('the operator allows private networks, all or some', async () => {
  const some = new OutboundPolicy(new AddressSet(['10.0.0.0/8', '::1']), resolver)
  assert.deepEqual(await some.check('http://inside.example.org'), ['10.0.0.7'])
  assert.deepEqual(await some.check('http://[::ffff:10.0.0.1]/'), ['::ffff:a00:1'])
  await assert.rejects(some.check('http://192.168.0.1'), refused(/private/))
  const all = new OutboundPolicy(true, resolver)
  assert.deepEqual(await all.check('http://127.0.0.1:1/'), ['127.0.0.1'])
  assert.deepEqual(await all.check('http://half.example.org'), ['93.184.216.34', '127.0.0.1'])
})

test('a name that turns private between check and connection is refused when it is connected to', async () => {
  const server = createServer((_request, response) => response.end('inside')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const fetched = (policy: OutboundPolicy) =>
    new Promise<number | string>((resolve) => {
      get(`http://rebound.example:${port}/`, { lookup: policy.lookup, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
  const rebound = names({ 'rebound.example': ['127.0.0.1'] })
  assert.equal(await fetched(new OutboundPolicy(false, rebound)), 'EACCES')
  assert.equal(await fetched(new OutboundPolicy(new AddressSet(['127.0.0.0/8']), rebound)), 200)
  server.close()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caps, chain, describeCaps, element, launch, pad } from './gst.ts'
import { startPipeline } from './pipeline.ts'

test('pieces are written as gst-launch reads them', () => {
  const text = launch(
    chain(element('fdsrc', { fd: 4 }), element('flvdemux', { name: 'd' })),
    chain(
      pad('d', 'video'),
      element('x264enc', { bitrate: 4000, tune: 'zerolatency', aud: false, threads: undefined }),
      element('fakesink'),
    ),
  )
  assert.equal(text, 'fdsrc fd="4" ! flvdemux name="d"  d.video ! x264enc bitrate="4000" tune="zerolatency" aud="false" ! fakesink')
})

test('no value can break out of its quotes', async () => {
  const nasty = [
    'x" ! filesink location=/tmp/evil name="y',
    '"quoted"',
    '"',
    '\\',
    'ends with \\',
    'NULL',
    '',
    ' a ! b ( c ) ',
    'tab\t, newline\n, $HOME, %05d',
    "it's Zoë — \u{1f3a5}",
    '"Zoë" \\"',
  ]
  const sinks = nasty.map((location, index) => element('multifilesink', { name: `t${index}`, location }))
  await using pipeline = await startPipeline({ name: 'quotes', launch: launch(...sinks) })
  for (const [index, text] of nasty.entries()) assert.equal((await pipeline.get(`t${index}`, 'location')) ?? '', text)
})

test('no name can smuggle in another element', () => {
  for (const name of ['x264enc ! filesink', 'a=b', '', '4fast', 'a.b']) assert.throws(() => element(name), TypeError)
  assert.throws(() => element('fakesink', { 'a=1 b': 1 }), TypeError)
  assert.throws(() => pad('d', 'video ! x'), TypeError)
  assert.throws(() => caps('video/x-raw,format=I420'), TypeError)
  assert.throws(() => element('fakesink', { name: 'a\0b' }), TypeError)
  assert.throws(() => element('fakesink', { offset: Number.NaN }), TypeError)
})

test('caps are read as they were meant', async () => {
  const format = { format: 'I420', width: 320, height: 180, framerate: '15/1' }
  await using pipeline = await startPipeline({
    name: 'caps',
    launch: chain(
      element('videotestsrc', { 'is-live': true }),
      caps('video/x-raw', format),
      element('capsfilter', { name: 'c', caps: describeCaps('video/x-raw', format) }),
      element('fakesink'),
    ),
    readyWhen: 'PLAYING',
  })
  const read = String(await pipeline.get('c', 'caps'))
  for (const part of ['format=(string)I420', 'width=(int)320', 'height=(int)180', 'framerate=(fraction)15/1'])
    assert.ok(read.includes(part), read)
})

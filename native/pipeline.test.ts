import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { chain, element, inputFd, outputFd } from './gst.ts'
import { keepSpareHost, type PipelineError, type PipelineOptions, startPipeline } from './pipeline.ts'

const endless = chain(element('videotestsrc', { 'is-live': true }), element('fakesink'))

function start(launch: string, options: Partial<PipelineOptions> = {}) {
  return startPipeline({ name: 'test', launch, ...options })
}

test('what is written into a pipeline comes out of it, to the last byte', async () => {
  await using pipeline = await start(chain(element('fdsrc', { fd: inputFd(0) }), element('fdsink', { fd: outputFd(0, 1) })), {
    inputs: 1,
    outputs: 1,
  })
  const sent = Buffer.alloc(1_000_000, 'patchbay')
  const closed = once(pipeline.events, 'closed')
  pipeline.inputs[0]!.end(sent)

  assert.ok(sent.equals(await buffer(pipeline.outputs[0]!)))
  assert.deepEqual(await closed, ['EOS', undefined])
})

test("a launch string that is wrong is refused in GStreamer's own words", async () => {
  await assert.rejects(start('nosuchelement ! fakesink'), { code: 'PIPELINE_FAILED', message: /no element "nosuchelement"/ })
  await assert.rejects(start('videotestsrc ! audioconvert ! fakesink'), { message: /could not link/ })
})

test('a pipeline that can not start is refused with the cause, whichever state it failed in', async () => {
  await assert.rejects(start('filesrc location=/nonexistent ! fakesink'), { message: /Resource not found.*\/nonexistent/ })

  await using first = await start('udpsrc name=in port=0 address=127.0.0.1 reuse=false ! fakesink')
  const port = Number(await first.get('in', 'port'))
  await assert.rejects(start(`udpsrc port=${port} address=127.0.0.1 reuse=false ! fakesink`), { message: /in use/ })
})

test('a pipeline that does not play in time has failed, when playing was asked for', async () => {
  const launch = 'udpsrc address=127.0.0.1 port=0 ! filesink location=/dev/null'
  await assert.rejects(start(launch, { readyWhen: 'PLAYING', startTimeoutMs: 300 }), { message: /not ready after 300 ms/ })

  await using accepting = await start(launch)
  assert.equal(accepting.end, undefined)
})

test('the first error ends the pipeline and is its cause', async () => {
  await using pipeline = await start('fdsrc fd=4 ! wavparse ! fakesink', { inputs: 1 })
  const error = new Promise<PipelineError>((resolve) => pipeline.events.once('error', resolve))
  const closed = new Promise<unknown[]>((resolve) => pipeline.events.once('closed', (...end) => resolve(end)))
  pipeline.inputs[0]!.end('this is no RIFF file at all')

  const { element: path, message } = await error
  assert.match(path, /wavparse/)
  const [reason, detail] = await closed
  assert.equal(reason, 'ERROR')
  assert.ok(String(detail).startsWith(message))
})

test('a process that dies is told at once', async () => {
  for (const [signal, expected] of [
    ['SIGKILL', 'KILLED'],
    ['SIGSEGV', 'CRASHED'],
  ] as const) {
    await using pipeline = await start(endless)
    const closed = once(pipeline.events, 'closed')
    const killedAt = performance.now()
    process.kill(pipeline.pid, signal)

    const [reason, detail] = await closed
    // A few milliseconds on a quiet machine.
    assert.ok(performance.now() - killedAt < 1_000, `took ${performance.now() - killedAt} ms`)
    assert.equal(reason, expected)
    assert.ok(detail.includes(signal))
    assert.equal(await pipeline.stop(), false)
    assert.equal(await pipeline.stats(), undefined)
    await assert.rejects(pipeline.get('x', 'y'), { code: 'PIPELINE_FAILED' })
    pipeline.forceKeyUnit('x')
  }
})

test('stopping with EOS finishes the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-'))
  try {
    const location = join(folder, 'a.mkv')
    await using pipeline = await start(
      chain(element('videotestsrc', { 'is-live': true }), element('matroskamux'), element('filesink', { location })),
      { readyWhen: 'PLAYING' },
    )
    const closed = once(pipeline.events, 'closed')
    assert.equal(await pipeline.stop({ eosWithinMs: 2_000 }), true)
    assert.deepEqual(await closed, ['REQUESTED', undefined])
    assert.ok((await readFile(location)).length > 1_000)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('properties are read and set while it plays; unknown ones are refused by name', async () => {
  await using pipeline = await start('videotestsrc is-live=true ! valve name=v ! fakesink')
  await pipeline.set('v', 'drop', true)
  assert.equal(await pipeline.get('v', 'drop'), true)
  await assert.rejects(pipeline.set('v', 'nosuch', 1), { message: /no property "nosuch" in element "v"/ })
  await assert.rejects(pipeline.get('w', 'drop'), { message: /no element "w"/ })
})

test('a keyframe comes when it is asked for', async () => {
  const encode = 'x264enc name=e tune=zerolatency speed-preset=ultrafast key-int-max=10000 ! video/x-h264,stream-format=byte-stream'
  await using pipeline = await start(`videotestsrc is-live=true ! ${encode} ! fdsink name=out fd=4`, { outputs: 1 })
  const keyframes = keyframesOf(pipeline.outputs[0]!)
  await keyframes.next()
  pipeline.forceKeyUnit('out')
  pipeline.forceKeyUnit('nosuch')
  assert.equal((await keyframes.next()).done, false)
})

test('what elements say is told', async () => {
  await using pipeline = await start('udpsrc name=in address=127.0.0.1 port=0 timeout=20000000 ! fakesink')
  const [message] = await once(pipeline.events, 'element')
  assert.equal(message.source, 'in')
  assert.equal(message.name, 'GstUDPSrcTimeout')
})

test('loudness is told in dB per channel', async () => {
  await using pipeline = await start('audiotestsrc is-live=true ! audio/x-raw,channels=2 ! level interval=20000000 ! fakesink')
  const [{ name, fields }] = await once(pipeline.events, 'element')
  assert.equal(name, 'level')
  assert.ok(fields.rms.length === 2 && fields.rms.every((db: number) => db < 0 && db > -20))
})

test('a signal stops it, before and after it started', async () => {
  const abort = new AbortController()
  const pipeline = await start(endless, { signal: abort.signal })
  const closed = once(pipeline.events, 'closed')
  const starting = start(endless, { signal: abort.signal })
  abort.abort()

  await assert.rejects(starting, { code: 'PIPELINE_FAILED' })
  assert.deepEqual(await closed, ['REQUESTED', undefined])
  await assert.rejects(start(endless, { signal: abort.signal }), { code: 'PIPELINE_FAILED' })
})

test('what a pipeline uses can be read', async () => {
  await using pipeline = await start(endless)
  const usage = await pipeline.stats()
  assert.ok(usage && usage.rssBytes > 10_000_000 && usage.cpuPercent >= 0)
})

test('a spare host is used, replaced, and gone with its keeper', async () => {
  const keeper = keepSpareHost({ preload: ['x264enc'] })
  const [spare] = children()
  await using pipeline = await start(endless)
  assert.equal(pipeline.pid, spare)

  while (children().length < 2) await after(5)
  keeper[Symbol.dispose]()
  keeper[Symbol.dispose]()
  while (children().length > 1) await after(5)
  assert.deepEqual(children(), [pipeline.pid])
})

/** The processes that this thread started and that are not gone. */
function children(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

/** Yields once for every IDR slice in an H.264 byte stream. */
async function* keyframesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<void> {
  let tail = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = Buffer.concat([tail, chunk])
    for (let at = bytes.indexOf('\x00\x00\x01'); at >= 0 && at + 3 < bytes.length; at = bytes.indexOf('\x00\x00\x01', at + 3)) {
      if ((bytes[at + 3]! & 0x1f) === 5) yield
    }
    tail = bytes.subarray(-3)
  }
}

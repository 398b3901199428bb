import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { MediaError } from '../../../core/kernel/errors.ts'
import { type AmfObject, encodeAmf0 } from './amf0.ts'
import { controlMessage, MessageType, readCommand, UserControl, userControlMessage } from './message.ts'
import { startServer, TestEncoder } from './test-peers.ts'

const { AUDIO, VIDEO, DATA_AMF0, DATA_AMF3, AGGREGATE, USER_CONTROL, SET_CHUNK_SIZE, ACKNOWLEDGEMENT } = MessageType

test('connect without tcUrl works; without app it is refused with a reason', async () => {
  await using server = await startServer()
  using plain = await TestEncoder.connect(server.port)
  const { args } = await plain.open({ app: 'live' })
  assert.equal((args[0] as AmfObject).code, 'NetConnection.Connect.Success')

  for (const connectObject of [null, 5, {}, { app: 7, tcUrl: [] }]) {
    using encoder = await TestEncoder.connect(server.port)
    void encoder.open(connectObject)
    const error = await encoder.answer('_error')
    assert.equal((error.args[0] as AmfObject).code, 'NetConnection.Connect.InvalidApp')
    await encoder.ended
  }
})

test('an enhanced encoder is told what it may send', async () => {
  await using server = await startServer({ fourCcs: { video: ['avc1', 'hvc1'], audio: ['Opus'] } })
  using encoder = await TestEncoder.connect(server.port)
  const { object } = await encoder.open({ app: 'live', fourCcList: ['*'], capsEx: 15 })
  const { fourCcList, capsEx, videoFourCcInfoMap } = object as AmfObject
  assert.deepEqual([fourCcList, capsEx, (videoFourCcInfoMap as AmfObject).hvc1], [['avc1', 'hvc1', 'Opus'], 0, 4])
})

test('the app, the name and queries come from wherever the encoder puts them', async () => {
  await using server = await startServer()
  using encoder = await TestEncoder.connect(server.port)
  await encoder.open({ app: 'live/room?a=1&b=1', tcUrl: 'rtmp://h/live/room?c=1' })
  encoder.command(1, 'publish', 5, null, 'cam?b=2', 'record')
  const status = await encoder.answer('onStatus')
  assert.equal((status.args[0] as AmfObject).code, 'NetStream.Publish.Start')
  const { requests } = await server.next()
  assert.equal(requests[0]?.app, 'live/room')
  assert.equal(requests[0]?.name, 'cam')
  assert.equal(requests[0]?.mode, 'record')
  assert.deepEqual(Object.fromEntries(requests[0]?.query ?? []), { a: '1', b: '2', c: '1' })
})

test('what comes before the answer to publish waits for it', async () => {
  const gate = Promise.withResolvers<void>()
  await using server = await startServer({ authorize: () => gate.promise })
  using encoder = await TestEncoder.connect(server.port)
  await encoder.open()
  encoder.command(1, 'publish', 5, null, 'key', 'live')
  for (let i = 0; i < 400; i++) encoder.media(VIDEO, i, Buffer.alloc(2_000, 0x27))
  const { connection, media } = await server.next()
  while (connection.receivedBytes < 200_000) await new Promise(setImmediate)
  assert.equal(media.length, 0)
  gate.resolve()
  while (media.length < 400) await once(connection.events, 'media')
  assert.deepEqual(
    media.map(({ timestampMs }) => timestampMs),
    Array.from({ length: 400 }, (_, i) => i),
  )
})

test('a taken name, a fault of ours and an encoder that leaves while it waits', async () => {
  const seen: AbortSignal[] = []
  const asked = Promise.withResolvers<void>()
  await using server = await startServer({
    authorize: async ({ name }, signal) => {
      if (name === 'taken') throw new MediaError('CONFLICT', { name: 'camera' })
      if (name === 'fault') throw new TypeError('a bug')
      seen.push(signal)
      asked.resolve()
      await once(signal, 'abort')
      throw new Error('too late')
    },
  })
  for (const [name, code] of [
    ['taken', 'NetStream.Publish.BadName'],
    ['fault', 'NetStream.Publish.Failed'],
  ] as const) {
    using encoder = await TestEncoder.publishing(server.port, name)
    const { args } = await encoder.answer('onStatus')
    const { code: said, level, description } = args[0] as AmfObject
    assert.deepEqual([said, level], [code, 'error'])
    assert.doesNotMatch(String(description), /bug/)
    await encoder.ended
    assert.equal((await (await server.next()).closed).reason, 'REFUSED')
  }
  const leaver = await TestEncoder.publishing(server.port, 'slow')
  await asked.promise
  leaver.socket.destroy()
  assert.equal((await (await server.next()).closed).reason, 'DISCONNECTED')
  assert.equal(seen[0]?.aborted, true)
})

test('aggregates, wrapped and AMF3 metadata arrive as single messages', async () => {
  await using server = await startServer()
  using encoder = await TestEncoder.publish(server.port)
  const { connection, media, metadata } = await server.next()
  const tag = (type: number, time: number, payload: string) => {
    const head = Buffer.alloc(11)
    head[0] = type
    head.writeUIntBE(payload.length / 2, 1, 3)
    head.writeUIntBE(time, 4, 3)
    return Buffer.concat([head, Buffer.from(payload, 'hex'), Buffer.alloc(4)])
  }
  const values = encodeAmf0('@setDataFrame', 'onMetaData', { width: 640, height: Number.NaN, videodatarate: 500, encoder: 'x' })
  encoder.media(DATA_AMF0, 0, values)
  encoder.media(DATA_AMF0, 0, values)
  encoder.media(DATA_AMF3, 0, Buffer.concat([Buffer.of(0), encodeAmf0('onTextData', { text: 'hi' })]))
  encoder.media(DATA_AMF0, 0, Buffer.from('0200ff', 'hex'))
  encoder.media(AGGREGATE, 5_000, Buffer.concat([tag(AUDIO, 77_000, 'af01aa'), tag(VIDEO, 77_010, '2701')]))
  while (media.length < 6) await once(connection.events, 'media')
  assert.deepEqual(metadata, [{ encoder: 'x', widthPx: 640, videoBitrateBps: 500_000 }])
  assert.deepEqual(
    media.slice(4).map(({ type, timestampMs, payload }) => [type, timestampMs, payload.toString('hex')]),
    [
      ['audio', 0, 'af01aa'],
      ['video', 10, '2701'],
    ],
  )
})

test('pings are answered, bytes acknowledged, and the chunk size may change in between', async () => {
  await using server = await startServer()
  using encoder = await TestEncoder.publish(server.port)
  encoder.send(userControlMessage(UserControl.PING_REQUEST, 1234), 2)
  const pong = await encoder.message(USER_CONTROL)
  assert.equal(pong.payload.toString('hex'), '0007000004d2')

  encoder.send(controlMessage(MessageType.WINDOW_ACK_SIZE, 100_000), 2)
  encoder.send(controlMessage(SET_CHUNK_SIZE, 60_000), 2)
  encoder.writer.chunkSize = 60_000
  for (let i = 0; i < 3; i++) encoder.media(VIDEO, i, Buffer.alloc(50_000, 0x27))
  const ack = await encoder.message(ACKNOWLEDGEMENT)
  assert.ok(ack.payload.readUInt32BE() >= 100_000)
})

test('pause slows the encoder down, resume loses nothing', async () => {
  await using server = await startServer()
  using encoder = await TestEncoder.publish(server.port)
  const { connection, media } = await server.next()
  connection.events.once('media', () => connection.pause())
  encoder.writer.chunkSize = 65_536
  encoder.send(controlMessage(SET_CHUNK_SIZE, 65_536), 2)
  for (let i = 0; i < 400; i++) encoder.media(VIDEO, i, Buffer.alloc(50_000, 0x27))
  await once(connection.events, 'media')
  assert.equal(media.length, 1)
  assert.ok(encoder.socket.writableLength > 5e6, 'the bytes wait at the encoder')
  connection.resume()
  while (media.length < 400) await once(connection.events, 'media')
  assert.equal(media.at(-1)?.timestampMs, 399)
})

test('a silent encoder is pinged, and let go when it does not answer', async () => {
  await using server = await startServer({ idleTimeoutMs: 200 })
  using encoder = await TestEncoder.publish(server.port)
  const begin = await encoder.message(USER_CONTROL)
  assert.equal(begin.payload.readUInt16BE(), UserControl.PING_REQUEST)
  const { reason } = await (await server.next()).closed
  assert.equal(reason, 'IDLE')
  const status = await encoder.answer('onStatus')
  assert.equal((status.args[0] as AmfObject).level, 'error')
})

test('a handshake that never ends is ended', async () => {
  await using server = await startServer({ openTimeoutMs: 100 })
  using encoder = await TestEncoder.connect(server.port)
  encoder.socket.write(Buffer.of(3))
  const drip = setInterval(() => encoder.socket.write(Buffer.of(0)), 10)
  assert.equal((await (await server.next()).closed).reason, 'IDLE')
  clearInterval(drip)
  await encoder.ended
})

test('unpublishing, hanging up and being closed are told apart', async () => {
  await using server = await startServer()
  const ways: [string, (encoder: TestEncoder) => void][] = [
    ['UNPUBLISHED', (encoder) => encoder.command(0, 'deleteStream', 6, null, 1)],
    ['UNPUBLISHED', (encoder) => encoder.command(1, 'closeStream', 0, null)],
    [
      'UNPUBLISHED',
      (encoder) => {
        encoder.command(1, 'FCUnpublish', 6, null, 'key')
        encoder.socket.end()
      },
    ],
    ['DISCONNECTED', (encoder) => encoder.socket.end()],
    ['PROTOCOL_ERROR', (encoder) => encoder.socket.write(Buffer.alloc(64, 0xff))],
  ]
  for (const [reason, leave] of ways) {
    using encoder = await TestEncoder.publish(server.port)
    leave(encoder)
    assert.equal((await (await server.next()).closed).reason, reason)
    await encoder.ended
  }
  using encoder = await TestEncoder.publish(server.port)
  const { connection, closed } = await server.next()
  connection.close('REQUESTED', 'The room was closed.')
  connection.close('IDLE')
  assert.equal((await closed).reason, 'REQUESTED')
  const { args } = readCommand(await encoder.message(MessageType.COMMAND_AMF0))
  assert.equal((args[0] as AmfObject).description, 'The room was closed.')
  await encoder.ended
})

test('a second publish on the connection and unknown methods are answered', async () => {
  await using server = await startServer()
  using encoder = await TestEncoder.publish(server.port)
  encoder.command(0, '_checkbw', 9, null)
  assert.equal((await encoder.answer('_error')).transactionId, 9)
  encoder.command(1, 'publish', 10, null, 'other', 'live')
  const { args } = await encoder.answer('onStatus')
  assert.equal((args[0] as AmfObject).code, 'NetStream.Publish.BadName')
})

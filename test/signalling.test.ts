import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestRuntime } from './harness.ts'
import {
  CONNECT,
  CONSUME,
  CONSUME_DATA,
  FINGERPRINT,
  type Following,
  JOIN,
  type Joined,
  joined,
  opus,
  PRODUCE,
  PRODUCE_DATA,
  TestCaller,
  TRANSPORT,
} from './signalling-support.ts'

let server: TestRuntime
let host: TestCaller
before(async () => {
  server = await TestRuntime.start()
  host = new TestCaller(server)
})
after(() => server[Symbol.asyncDispose]())

test('who joins gets a participant, router capabilities and a transport as mediasoup-client takes it', async () => {
  const { participant, routerRtpCapabilities, iceServers } = await host.run<Joined>(JOIN, { app: 'live', room: 'join', name: 'Ada' })
  assert.deepEqual(
    { ...participant, id: '', identity: '' },
    { id: '', identity: '', name: 'Ada', kind: 'WEBRTC', room: { name: 'live-join' } },
  )
  assert.match(participant.identity, /^guest-/)
  assert.ok('codecs' in routerRtpCapabilities && 'headerExtensions' in routerRtpCapabilities)
  assert.deepEqual(iceServers, [])
  assert.deepEqual(await host.run('query { routerRtpCapabilities(room: "live-join") }'), routerRtpCapabilities)

  type Transport = {
    id: string
    iceParameters: { iceLite: boolean }
    iceCandidates: unknown[]
    dtlsParameters: { fingerprints: unknown[] }
  }
  const transport = await host.run<Transport & { sctpParameters: { port: number } }>(TRANSPORT, { participantId: participant.id })
  assert.equal(transport.iceParameters.iceLite, true)
  assert.ok(transport.iceCandidates.length > 0 && transport.dtlsParameters.fingerprints.length > 0)
  assert.equal(transport.sctpParameters.port, 5000)

  const restart = 'mutation ($id: ID!) { restartIce(transportId: $id) { iceParameters } }'
  const restarted = await host.run<Transport>(restart, { id: transport.id })
  assert.notDeepEqual(restarted.iceParameters, transport.iceParameters)
  assert.deepEqual(await host.run('mutation ($id: ID!) { leaveRoom(participantId: $id) { id } }', { id: participant.id }), {
    id: participant.id,
  })
  assert.equal(await host.refusal(restart, { id: transport.id }), 'TRANSPORT_NOT_FOUND')
})

test('a produced track is a track for every API, is consumed paused, muted, and ends with everything after it', async () => {
  const ada = await joined(host, 'live-flow', 'ada')
  const grace = await joined(host, 'live-flow', 'grace')
  await using tracks = host.follow<{
    producerId: string
    reason: string | null
    track: { muted: boolean; source: string }
  }>('subscription { trackEvents(room: "live-flow") { producerId reason track { id muted source } } }')
  await using consumers = host.follow<{ type: string; reason: string | null; consumer: { id: string; producerPaused: boolean } }>(
    'subscription ($id: ID!) { consumerEvents(participantId: $id) { type reason consumer { id producerPaused } } }',
    { id: grace.participantId },
  )

  const { id: producerId, track } = await host.run<{ id: string; track: { id: string } }>(PRODUCE, {
    ...{ transportId: ada.transportId, kind: 'audio', rtpParameters: opus(1111), source: 'MICROPHONE', appData: { seat: 3 } },
  })
  assert.deepEqual(await tracks.next(), {
    producerId,
    reason: null,
    track: { id: track.id, muted: false, source: 'MICROPHONE' },
  })
  assert.deepEqual(await host.run('{ room(name: "live-flow") { tracks { id appData participant { identity kind } } } }'), {
    tracks: [{ id: track.id, appData: { seat: 3 }, participant: { identity: 'ada', kind: 'WEBRTC' } }],
  })

  const wanted = { transportId: grace.transportId, rtpCapabilities: grace.capabilities }
  const consumer = await host.run<{ id: string; producerId: string; kind: string; type: string; paused: boolean }>(CONSUME, {
    ...wanted,
    producerId,
  })
  assert.deepEqual([consumer.producerId, consumer.kind, consumer.type, consumer.paused], [producerId, 'audio', 'simple', true])
  const second = await host.run<{ producerId: string }>(CONSUME, { ...wanted, producerId: track.id })
  assert.equal(second.producerId, producerId, 'a track id does as well')
  const isFirst = (event: { consumer: { id: string } }) => event.consumer.id === consumer.id
  assert.match((await consumers.next(isFirst))?.type ?? '', /CREATED|PRESENT/)
  await host.run('mutation ($id: ID!) { resumeConsumer(consumerId: $id) { id } }', { id: consumer.id })
  assert.equal((await consumers.next(isFirst))?.type, 'RESUMED')
  await host.run('mutation ($id: ID!) { setConsumerPriority(consumerId: $id, priority: 9) { priority } }', { id: consumer.id })

  assert.deepEqual(await host.run('mutation ($id: ID!) { pauseProducer(producerId: $id) { paused } }', { id: producerId }), {
    paused: true,
  })
  assert.equal((await tracks.next())?.track.muted, true)
  assert.equal((await consumers.next((event) => isFirst(event) && event.type !== 'SCORE'))?.type, 'PRODUCER_PAUSED')

  await host.run('mutation ($id: ID!) { closeTransport(transportId: $id) { id } }', { id: ada.transportId })
  assert.deepEqual(
    [(await tracks.next())?.reason, (await consumers.next((event) => event.type === 'CLOSED'))?.reason],
    ['REQUESTED', 'REQUESTED'],
  )
  assert.equal(await host.refusal(CONSUME, { ...wanted, producerId }), 'PRODUCER_NOT_FOUND')
})

test('a data channel is told to the room and is consumed', async () => {
  const ada = await joined(host, 'live-data', 'ada')
  const grace = await joined(host, 'live-data', 'grace')
  await using events = host.follow<{ reason: string | null; dataProducer: { id: string; label: string } }>(
    'subscription { dataProducerEvents(room: "live-data") { reason dataProducer { id label participant { identity } } } }',
  )
  const sctpStreamParameters = { streamId: 0, ordered: true }
  const { id } = await host.run<{ id: string }>(PRODUCE_DATA, { transportId: ada.transportId, sctpStreamParameters, label: 'chat' })
  const created = await events.next()
  assert.deepEqual(created, { reason: null, dataProducer: { id, label: 'chat', participant: { identity: 'ada' } } })
  const consumer = await host.run<{ dataProducerId: string; label: string }>(CONSUME_DATA, {
    transportId: grace.transportId,
    dataProducerId: id,
  })
  assert.deepEqual([consumer.dataProducerId, consumer.label], [id, 'chat'])
  await host.run('mutation ($id: ID!) { leaveRoom(participantId: $id) { id } }', { id: ada.participantId })
  assert.deepEqual([(await events.next())?.reason], ['LEFT'])
})

test('what can not be is refused by name, and the media worker lives on', async () => {
  const ada = await joined(host, 'live-bad', 'ada')
  const { id: sendOnly } = await host.run<{ id: string }>(TRANSPORT, { participantId: ada.participantId, direction: 'SEND' })
  const { id: recvOnly } = await host.run<{ id: string }>(TRANSPORT, { participantId: ada.participantId, direction: 'RECV' })
  const produce = (rtpParameters: unknown, transportId = ada.transportId, kind = 'audio') =>
    host.refusal(PRODUCE, { transportId, kind, rtpParameters })
  const vp8 = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }

  assert.equal(await produce(null), 'INPUT_INVALID')
  assert.equal(await produce('garbage'), 'INPUT_INVALID rtpParameters')
  assert.equal(await produce({ codecs: [] }), 'INPUT_INVALID rtpParameters.codecs')
  assert.equal(await produce({ ...opus(1), encodings: [{ ssrc: 1.5 }] }), 'INPUT_INVALID rtpParameters.encodings.0.ssrc')
  assert.equal(
    await produce({ ...opus(1), encodings: [{ ssrc: 1, maxBitrate: 0.1 }] }),
    'INPUT_INVALID rtpParameters.encodings.0.maxBitrate',
  )
  assert.equal(await produce({ ...opus(1), encodings: [{ ssrc: 1, codecPayloadType: 5 }] }), 'INPUT_INVALID rtpParameters.encodings')
  assert.equal(await produce({ codecs: [{ ...vp8, parameters: { a: { b: 1 } } }] }), 'INPUT_INVALID rtpParameters.codecs.0.parameters.a')
  assert.equal(
    await produce({ codecs: [{ ...vp8, mimeType: 'video/rtx', parameters: { apt: 96 } }] }, ada.transportId, 'video'),
    'INPUT_INVALID rtpParameters',
  )
  // It would be a line of other participants' session descriptions.
  const cname = 'x\r\na=setup:passive'
  assert.equal(await produce({ ...opus(1), rtcp: { cname } }), 'INPUT_INVALID rtpParameters.rtcp.cname')
  assert.equal(await produce({ ...opus(1), headerExtensions: [{ uri: 'urn:x', id: 1 }] }), 'INPUT_INVALID rtpParameters')
  assert.equal(
    await produce({ codecs: [{ ...vp8, mimeType: 'video/MJPEG' }] }, ada.transportId, 'video'),
    'CODEC_UNSUPPORTED rtpParameters',
  )
  assert.match(await produce({ codecs: [vp8], encodings: [{}] }, ada.transportId, 'video'), /^INPUT_INVALID rtpParameters$/)
  assert.match(await produce(opus(7)), /^accepted/)
  assert.equal(await produce(opus(7)), 'CONFLICT rtpParameters', 'an SSRC in use')
  assert.equal(await produce(opus(8), recvOnly), 'INPUT_INVALID transportId')
  assert.equal(await produce(opus(8), 'nonsense'), 'TRANSPORT_NOT_FOUND')

  const connect = (dtlsParameters: unknown) => host.refusal(CONNECT, { transportId: sendOnly, dtlsParameters })
  assert.equal(await connect({ fingerprints: [] }), 'INPUT_INVALID dtlsParameters.fingerprints')
  assert.equal(
    await connect({ fingerprints: [{ algorithm: 'md5', value: 'AA' }] }),
    'INPUT_INVALID dtlsParameters.fingerprints.0.algorithm',
  )
  assert.equal(await connect({ role: 'boss', fingerprints: [FINGERPRINT] }), 'INPUT_INVALID dtlsParameters.role')
  assert.match(await connect({ role: 'client', fingerprints: [FINGERPRINT] }), /^accepted/)
  assert.equal(await connect({ role: 'client', fingerprints: [FINGERPRINT] }), 'CONFLICT transportId')

  const data = (sctpStreamParameters: unknown, label = '') =>
    host.refusal(PRODUCE_DATA, { transportId: ada.transportId, sctpStreamParameters, label })
  assert.equal(await data({ streamId: -1 }), 'INPUT_INVALID sctpStreamParameters.streamId')
  assert.equal(await data({ streamId: 1, ordered: true, maxRetransmits: 3 }), 'INPUT_INVALID sctpStreamParameters')
  assert.equal(await data({ streamId: 1 }, 'x'.repeat(300)), 'INPUT_INVALID label')
  assert.match(await data({ streamId: 1 }), /^accepted/)
  assert.equal(await data({ streamId: 1 }), 'CONFLICT sctpStreamParameters', 'a stream in use')

  const grace = await joined(host, 'live-bad', 'grace')
  const { id: producerId } = await host.run<{ id: string }>(PRODUCE, {
    transportId: grace.transportId,
    kind: 'audio',
    rtpParameters: opus(9),
  })
  const consume = (changes: object) =>
    host.refusal(CONSUME, { transportId: recvOnly, producerId, rtpCapabilities: ada.capabilities, ...changes })
  assert.equal(await consume({ producerId: 'nobody' }), 'PRODUCER_NOT_FOUND')
  assert.equal(await consume({ transportId: sendOnly }), 'INPUT_INVALID transportId')
  assert.equal(await consume({ rtpCapabilities: { codecs: 3 } }), 'INPUT_INVALID rtpCapabilities.codecs')
  assert.equal(await consume({ rtpCapabilities: { codecs: [] } }), 'CODEC_UNSUPPORTED rtpCapabilities')
  const elsewhere = await joined(host, 'live-elsewhere', 'ada')
  assert.equal(await consume({ transportId: elsewhere.transportId }), 'PRODUCER_NOT_FOUND', "another room's track")
  const consumer = await host.run<{ id: string }>(CONSUME, { transportId: recvOnly, producerId, rtpCapabilities: ada.capabilities })
  const prefer = 'mutation ($id: ID!, $layer: Int!) { setConsumerPreferredLayers(consumerId: $id, spatialLayer: $layer) { id } }'
  assert.match(await host.refusal(prefer, { id: consumer.id, layer: -5 }), /^INPUT_INVALID spatialLayer$/)
  const priority = 'mutation ($id: ID!, $priority: Int!) { setConsumerPriority(consumerId: $id, priority: $priority) { id } }'
  assert.equal(await host.refusal(priority, { id: consumer.id, priority: 0 }), 'INPUT_INVALID priority')
  assert.equal(await host.refusal('mutation { resumeConsumer(consumerId: "x") { id } }'), 'CONSUMER_NOT_FOUND')
  assert.equal(await host.refusal('mutation { pauseProducer(producerId: "x") { id } }'), 'PRODUCER_NOT_FOUND')
  assert.equal(await host.refusal('mutation { closeDataProducer(dataProducerId: "x") { id } }'), 'DATA_PRODUCER_NOT_FOUND')
  assert.equal(await host.refusal('mutation { leaveRoom(participantId: "x") { id } }'), 'PARTICIPANT_NOT_FOUND')
  assert.equal(await host.refusal(JOIN, { room: 'live-bad', identity: 'two words' }), 'INPUT_INVALID identity')
  assert.equal(await host.refusal(JOIN, { room: 'a/b' }), 'ROOM_NAME_INVALID')
  assert.equal(await host.refusal(JOIN, { room: 'live-bad', identity: 'ada' }), 'IDENTITY_TAKEN')
  await host.run(JOIN, { room: 'live-bad', identity: 'ada', takeover: true })
  assert.equal(await produce(opus(12)), 'TRANSPORT_NOT_FOUND', 'who was taken over is gone')

  // After all that the same worker still works.
  assert.match(await host.refusal(PRODUCE, { transportId: grace.transportId, kind: 'audio', rtpParameters: opus(13, '1') }), /^accepted/)
  assert.deepEqual(
    server.log.filter((line) => line.includes('faultId') || line.includes('media worker died')),
    [],
  )
})

test('a token limited to a room does there what its grants say, and nothing elsewhere or with what is not its own', async () => {
  const limits = { app: 'live', room: 'live-closed' }
  const speaker = await TestCaller.create(server, ['PUBLISH', 'PLAY'], limits)
  const listener = await TestCaller.create(server, ['PLAY'], limits)
  const speaking = await joined(speaker, 'live-closed', 'speaker')
  const listening = await joined(listener, 'live-closed', 'listener')
  const { id: producerId } = await speaker.run<{ id: string }>(PRODUCE, {
    transportId: speaking.transportId,
    kind: 'audio',
    rtpParameters: opus(21),
  })
  assert.equal(await listener.refusal(PRODUCE, { transportId: listening.transportId, kind: 'audio', rtpParameters: opus(22) }), 'FORBIDDEN')
  await listener.run(CONSUME, { transportId: listening.transportId, producerId, rtpCapabilities: listening.capabilities })

  assert.equal(
    await listener.refusal(CONNECT, { transportId: speaking.transportId, dtlsParameters: { fingerprints: [FINGERPRINT] } }),
    'FORBIDDEN',
  )
  assert.equal(await listener.refusal('mutation ($id: ID!) { pauseProducer(producerId: $id) { id } }', { id: producerId }), 'FORBIDDEN')
  assert.equal(await listener.refusal(TRANSPORT, { participantId: speaking.participantId }), 'FORBIDDEN')
  assert.equal(await speaker.refusal(JOIN, { room: 'live-open' }), 'FORBIDDEN')
  assert.equal(await speaker.refusal('{ rooms { name } }'), 'FORBIDDEN')

  const spy =
    'subscription ($room: String) { participantEvents(room: $room) { participant { identity remoteAddress room { app { rooms { name } } } } } }'
  await using mine = listener.follow<{ participant: object }>(spy, { room: 'live-closed' })
  assert.deepEqual(await mine.next(), {
    participant: { identity: 'speaker', remoteAddress: null, room: { app: { rooms: [{ name: 'live-closed' }] } } },
  })
  for (const room of ['live-open', null]) {
    await using elsewhere = listener.follow(spy, { room })
    await assert.rejects(elsewhere.next(), /credential does not allow/)
  }
  // Whoever manages may steer everybody's.
  await host.run('mutation ($id: ID!) { pauseProducer(producerId: $id) { id } }', { id: producerId })
})

test('a participant has no more transports and producers than it may have, also when it asks for them all at once', async () => {
  const ada = await joined(host, 'live-many', 'ada')
  const more = await Promise.all(Array.from({ length: 6 }, () => host.refusal(TRANSPORT, { participantId: ada.participantId })))
  assert.equal(more.filter((answer) => answer === 'PEER_LIMIT').length, 3)
  const tracks = await Promise.all(
    Array.from({ length: 22 }, (_, index) =>
      host.refusal(PRODUCE, { transportId: ada.transportId, kind: 'audio', rtpParameters: opus(100 + index, `${index}`) }),
    ),
  )
  assert.equal(tracks.filter((answer) => answer === 'PEER_LIMIT').length, 2)
  const {
    tracks: [first],
  } = await host.run<{ tracks: { id: string }[] }>('{ room(name: "live-many") { tracks { id } } }')
  await host.run('mutation ($id: ID!) { closeProducer(producerId: $id) { id } }', { id: first?.id })
  assert.match(await host.refusal(PRODUCE, { transportId: ada.transportId, kind: 'audio', rtpParameters: opus(200, '99') }), /^accepted/)
})

test('when its media worker dies a participant leaves and is told why, and can join again', async () => {
  await using other = await TestRuntime.start()
  const caller = new TestCaller(other)
  const ada = await joined(caller, 'live-fall', 'ada')
  const following = caller.follow<{ change: string; reason: string | null }>(
    'subscription ($id: ID!) { transportEvents(participantId: $id) { change reason } }',
    { id: ada.participantId },
  )
  await using _ = following satisfies Following<unknown>
  assert.equal((await following.next())?.change, 'PRESENT')
  process.kill(other.runtime.core.workers.alive[0]!.pid, 'SIGKILL')
  assert.deepEqual(await following.next(), { change: 'DELETED', reason: 'MEDIA_WORKER_DIED' })
  assert.equal(await following.next(), undefined, 'the subscription ends')
  await other.until<{ server: { mediaWorkers: unknown[] } }>(
    '{ server { mediaWorkers { pid } } }',
    (data) => data.server.mediaWorkers.length === 1,
    3_000,
  )
  let again = await caller.refusal(JOIN, { room: 'live-fall', identity: 'ada' })
  assert.match(again, /^accepted/)
  again = await caller.refusal(TRANSPORT, { participantId: JSON.parse(again.slice(10)).joinRoom.participant.id })
  assert.match(again, /^accepted/)
})

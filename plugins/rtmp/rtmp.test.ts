import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ffmpeg, flows, startRtmp, untilSessions } from './test-encoders.ts'

test('what ffmpeg publishes is a participant with a picture and sound, until it stops', async () => {
  await using ground = await startRtmp()
  await using camera = new Ffmpeg(`${ground.url}/live/yard`)
  const [session] = await untilSessions(ground, ([one]) => flows(one) && one?.gopMs != null)
  assert.ok(session)
  assert.deepEqual(
    [session.room, session.identity, session.videoCodec, session.audioCodec, session.widthPx, session.heightPx],
    ['live-yard', 'publisher', 'H264', 'AAC', 640, 360],
  )
  assert.deepEqual([session.gopMs, session.bFrames, session.transcoded], [1_000, false, false])
  assert.match(session.encoder, /^Lavf/)
  for (const { stats } of session.participant.tracks) assert.equal(stats.packetsLost, 0)

  const { participant } = await ground.runtime.graphql<{ participant: { rtmp: { id: string }; tracks: { kind: string }[] } }>(
    `{ participant(id: "${session.participant.id}") { rtmp { id } tracks { kind codec widthPx gopMs bFrames transcoded } } }`,
  )
  assert.equal(participant.rtmp.id, session.id)

  // Whoever may only play hears nothing of where it comes from.
  const { createJoinToken: viewer } = await ground.runtime.graphql<{ createJoinToken: { token: string } }>(
    'mutation { createJoinToken(input: { app: "live", room: "yard", canPublish: false }) { token } }',
  )
  const query = '{ liveRooms { participants { identity rtmp { remoteAddress } } } }'
  const seen = await ground.runtime.graphqlRaw(query, {}, viewer.token)
  assert.deepEqual(seen.data, { liveRooms: [{ participants: [{ identity: 'publisher', rtmp: null }] }] })
  assert.equal(seen.errors?.[0]?.extensions?.code, 'FORBIDDEN')
  assert.deepEqual(
    participant.tracks.toSorted((a, b) => a.kind.localeCompare(b.kind)),
    [
      { kind: 'AUDIO', codec: 'opus', widthPx: null, gopMs: null, bFrames: null, transcoded: true },
      { kind: 'VIDEO', codec: 'H264', widthPx: 640, gopMs: 1_000, bFrames: false, transcoded: false },
    ],
  )
  await camera.stop()
  await untilSessions(ground, (sessions) => sessions.length === 0)
  await ground.runtime.until<{ rooms: { participants: unknown[] }[] }>('{ rooms { participants { id } } }', ({ rooms }) =>
    rooms.every(({ participants }) => participants.length === 0),
  )
})

test('B-frames are transcoded away, and log and API say so', async () => {
  await using ground = await startRtmp()
  await using _camera = new Ffmpeg(`${ground.url}/live/yard`, { bFrames: 2 })
  const [session] = await untilSessions(ground, ([one]) => flows(one))
  assert.deepEqual([session?.bFrames, session?.transcoded], [true, true])
  assert.equal(session?.participant.tracks.find(({ kind }) => kind === 'VIDEO')?.transcoded, true)
  assert.match(ground.runtime.log.join(''), /B-frames.*transcoding/)
})

test('colours that only some decoders know are transcoded to those that all know', async () => {
  await using ground = await startRtmp()
  await using _camera = new Ffmpeg(`${ground.url}/live/yard`, { pixels: 'yuv422p' })
  const [session] = await untilSessions(ground, ([one]) => flows(one))
  assert.deepEqual([session?.bFrames, session?.transcoded], [false, true])
  assert.match(ground.runtime.log.join(''), /4:2:0.*transcoding/)
})

test('B-frames are refused where the app says so', async () => {
  await using ground = await startRtmp()
  await ground.runtime.graphql('mutation { updateApp(name: "live", config: { publishing: { bFrames: REFUSE } }) { name } }')
  await using camera = new Ffmpeg(`${ground.url}/live/yard`, { bFrames: 2, seconds: 10 })
  const { code, output } = await camera.exited
  assert.notEqual(code, 0)
  assert.match(output, /refuses B-frames/)
})

test('video that no browser plays is refused by name', async () => {
  await using ground = await startRtmp()
  await using camera = new Ffmpeg(`${ground.url}/live/yard`, { video: 'flv1', seconds: 10 })
  const { code, output } = await camera.exited
  assert.notEqual(code, 0)
  assert.match(output, /H263/)
})

for (const [name, kind, pattern] of [
  ['H.264 without sound', 'VIDEO', { audio: 'none' }],
  ['AAC without a picture', 'AUDIO', { video: 'none' }],
  ['MP3 without a picture', 'AUDIO', { video: 'none', audio: 'libmp3lame' }],
  ['G.711 without a picture', 'AUDIO', { video: 'none', audio: 'pcm_alaw' }],
] as const) {
  test(`${name} is one track`, async () => {
    await using ground = await startRtmp()
    await using _camera = new Ffmpeg(`${ground.url}/live/yard`, pattern)
    const [session] = await untilSessions(ground, ([one]) => (one?.participant.tracks[0]?.stats.packetsReceived ?? 0) > 20)
    assert.deepEqual(
      session?.participant.tracks.map((track) => track.kind),
      [kind],
    )
  })
}

test('a second publisher is refused and the first goes on; where takeover is on it replaces the first', async () => {
  await using ground = await startRtmp()
  await using first = new Ffmpeg(`${ground.url}/live/yard`)
  const [before] = await untilSessions(ground, ([one]) => flows(one))
  await using second = new Ffmpeg(`${ground.url}/live/yard`, { seconds: 5 })
  const { code, output } = await second.exited
  assert.notEqual(code, 0)
  assert.match(output, /Somebody else is publishing/)
  await untilSessions(ground, ([one]) => one?.id === before?.id && flows(one, 50))

  await using other = new Ffmpeg(`${ground.url}/live/yard/side`)
  await untilSessions(ground, (sessions) => sessions.some((one) => one.identity === 'side' && flows(one)))
  await other.stop()

  await ground.runtime.graphql('mutation { updateApp(name: "live", config: { publishing: { takeover: true } }) { name } }')
  await using third = new Ffmpeg(`${ground.url}/live/yard`)
  assert.notEqual((await first.exited).code, 0)
  await untilSessions(ground, ([one, ...more]) => more.length === 0 && one?.id !== before?.id && flows(one))
  await third.stop()
})

test('a stream key leads to its ingress, and without open publishing nothing else does', async () => {
  await using ground = await startRtmp()
  await ground.runtime.graphql('mutation { updateApp(name: "live", config: { publishing: { open: false } }) { name } }')
  const { createIngress } = await ground.runtime.graphql<{ createIngress: { streamKey: string } }>(
    'mutation { createIngress(app: "live", protocol: "RTMP", room: "yard", identity: "gate") { streamKey } }',
  )
  await using wrong = new Ffmpeg(`${ground.url}/live/yard`, { seconds: 5 })
  const { code, output } = await wrong.exited
  assert.notEqual(code, 0)
  assert.match(output, /No ingress has this stream key/)

  await using _camera = new Ffmpeg(`${ground.url}/live/${createIngress.streamKey}`)
  const [session] = await untilSessions(ground, ([one]) => flows(one))
  assert.deepEqual([session?.room, session?.identity], ['live-yard', 'gate'])
  assert.ok(!ground.runtime.log.join('').includes(createIngress.streamKey), 'the stream key is in the log')
})

test('a token lets in where nothing else would, and a wrong one does not', async () => {
  await using ground = await startRtmp()
  await ground.runtime.graphql('mutation { updateApp(name: "live", config: { publishing: { open: false } }) { name } }')
  const { secret } = await ground.runtime.runtime.core.tokens.create({ name: 'camera', grants: ['PUBLISH'] })
  await using wrong = new Ffmpeg(`${ground.url}/live/yard?token=sk_wrong`, { seconds: 5 })
  assert.match((await wrong.exited).output, /No valid credential/)
  await using _camera = new Ffmpeg(`${ground.url}/live/yard?token=${secret}`)
  await untilSessions(ground, ([one]) => flows(one))
})

test('an encoder publishes over TLS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rtmps-'))
  try {
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-days', '1']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', certFile, ...subject], {
      stdio: 'ignore',
    })
    await using ground = await startRtmp({ rtmps: { port: 0, keyFile, certFile } })
    await using _camera = new Ffmpeg(`${ground.rtmpsUrl}/live/yard`)
    await untilSessions(ground, ([one]) => flows(one))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('closing a session through the API disconnects its encoder', async () => {
  await using ground = await startRtmp()
  await using camera = new Ffmpeg(`${ground.url}/live/yard`)
  const [session] = await untilSessions(ground, ([one]) => flows(one))
  await ground.runtime.graphql(`mutation { closeRtmpSession(id: "${session?.id}") { id } }`)
  assert.notEqual((await camera.exited).code, 0)
  await untilSessions(ground, (sessions) => sessions.length === 0)
})

test('an encoder that vanishes leaves nothing behind', async () => {
  await using ground = await startRtmp()
  await using camera = new Ffmpeg(`${ground.url}/live/yard`)
  await untilSessions(ground, ([one]) => flows(one))
  camera.process.kill('SIGKILL')
  await untilSessions(ground, (sessions) => sessions.length === 0, 2_000)
  await ground.runtime.until<{ tasks: { type: string }[] }>('{ tasks { type } }', ({ tasks }) =>
    tasks.every(({ type }) => type !== 'INGRESS' && type !== 'PIPELINE'),
  )
})

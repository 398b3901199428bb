import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { addon } from '../native/binaries.ts'

const binaries = new URL('../native/binaries.ts', import.meta.url).href

/** What Node knows of an open socket and types do not tell. */
type SocketWithHandle = Socket & { _handle: { fd: number } }

test('a duplicated connection lives on in a worker thread after its original was destroyed', async () => {
  const thread = new Worker(
    `import { Socket } from 'node:net'
     import { parentPort } from 'node:worker_threads'
     parentPort.once('message', (fd) => {
       const socket = new Socket({ fd, readable: true, writable: true })
       socket.on('data', (data) => socket.end('the thread got ' + data))
     })`,
    { eval: true, execArgv: ['--input-type=module'] },
  )
  const server = createServer((socket) => {
    const fd = addon().dup((socket as SocketWithHandle)._handle.fd)
    socket.destroy()
    socket.once('close', () => thread.postMessage(fd))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const client = connect(Object(server.address()).port, '127.0.0.1').setEncoding('utf8')
    client.write('hello')
    const [answer] = await once(client, 'data')
    assert.equal(answer, 'the thread got hello')
    await once(client, 'close')
  } finally {
    server.close()
    await thread.terminate()
  }
})

test('the addon loads in several threads of one process', async () => {
  const code = `import { addon } from ${JSON.stringify(binaries)}
    import { closeSync } from 'node:fs'
    closeSync(addon().dup(0))`
  addon()
  const threads = [1, 2].map(() => new Worker(code, { eval: true, execArgv: ['--input-type=module'], trackUnmanagedFds: false }))
  assert.deepEqual(await Promise.all(threads.map(async (thread) => (await once(thread, 'exit'))[0])), [0, 0])
})

test('a descriptor that is not open, or none at all, is refused', () => {
  assert.throws(() => addon().dup(99_999), { code: 'DUP_FAILED' })
  assert.throws(() => addon().dup('7' as unknown as number), TypeError)
})

test('a child with a hanging event loop dies with its killed parent', async () => {
  const child = `import { addon } from ${JSON.stringify(binaries)}
    addon().dieWithParent(Number(process.env.PARENT))
    process.stdout.write(String(process.pid), () => { for (;;); })`
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `require('node:child_process').spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}],
        { stdio: 'inherit', env: { ...process.env, PARENT: process.pid } })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [pid] = await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  try {
    // `close` comes when nobody holds the pipe any more: neither the parent nor the child.
    await once(parent, 'close', { signal: AbortSignal.timeout(5_000) })
  } catch (error) {
    process.kill(Number(pid), 'SIGKILL')
    throw error
  }
})

test('a child whose parent has gone before the call dies at once', async () => {
  const code = `import { addon } from ${JSON.stringify(binaries)}
    addon().dieWithParent(${process.pid + 1})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
})

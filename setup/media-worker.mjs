import { writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { join } from 'node:path'
import { projectNode, root } from './places.mjs'
import { say } from './report.mjs'
import { run } from './run.mjs'

const CONNECT_MS = 5_000
const DOWNLOAD_MS = 60_000
const recipe = join(root, 'native/mediasoup-worker')

/**
 * The media worker: mediasoup's own prebuilt one where its releases can be reached, else built from the sources in the npm package.
 *
 * @param {string} version Of the mediasoup package.
 * @param {Promise<unknown>} compilersReady
 * @returns {import('./cache.mjs').Recipe}
 */
export function mediaWorker(version, compilersReady) {
  return {
    name: 'mediasoup-worker',
    version,
    binary: 'mediasoup-worker',
    inputs: [recipe],
    verify,
    async build(folder) {
      const archive = await downloadPrebuilt(version)
      if (archive && (await unpacks(archive, folder))) return
      await compilersReady
      await compile(folder)
    },
  }
}

/**
 * A worker counts as built after a real DTLS handshake and a first feedback that browsers understand, not before.
 *
 * @param {string} path
 */
async function verify(path) {
  await run('media-worker-handshake', projectNode, [join(root, 'setup/try-media-worker.ts'), path], { timeoutMs: 30_000 })
}

/**
 * @param {string} version
 * @returns {Promise<Buffer | undefined>} The archive of mediasoup's own build, if it can be had quickly.
 */
export async function downloadPrebuilt(version) {
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return undefined
  const base = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ?? 'https://github.com/versatica/mediasoup/releases/download'
  const kernel = release().split('.')[0]
  const url = `${base}/${version}/mediasoup-worker-${version}-linux-${process.arch}-kernel${kernel}.tgz`
  const abort = new AbortController()
  let timer = setTimeout(() => abort.abort(new Error(`no answer within ${CONNECT_MS} ms`)), CONNECT_MS)
  try {
    const response = await fetch(url, { signal: abort.signal })
    clearTimeout(timer)
    if (!response.ok) throw new Error(`HTTP status ${response.status}`)
    timer = setTimeout(() => abort.abort(new Error(`not complete within ${DOWNLOAD_MS} ms`)), DOWNLOAD_MS)
    return Buffer.from(await response.arrayBuffer())
  } catch (error) {
    say(`  no prebuilt media worker from ${new URL(url).host} (${reasonOf(error)}): it will be compiled, which takes about two minutes`)
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/**
 * @param {Buffer} archive
 * @param {string} folder
 */
async function unpacks(archive, folder) {
  try {
    writeFileSync(join(folder, 'prebuilt.tgz'), archive)
    await run('media-worker-unpack', 'tar', ['-xzf', 'prebuilt.tgz', 'mediasoup-worker'], { cwd: folder })
    await verify(join(folder, 'mediasoup-worker'))
    say('  the prebuilt media worker works here')
    return true
  } catch (error) {
    say(`  the prebuilt media worker does not work here, so it will be compiled: ${lastLine(reasonOf(error))}`)
    return false
  }
}

/** @param {string} folder */
async function compile(folder) {
  const mediasoup = join(root, 'node_modules/mediasoup')
  const out = join(folder, 'out')
  await run('media-worker-configure', 'cmake', [
    ...['-G', 'Ninja', '-S', recipe, '-B', out, '-DCMAKE_BUILD_TYPE=Release', `-DMEDIASOUP_DIR=${mediasoup}`],
  ])
  await run('media-worker-compile', 'ninja', ['-C', out, '-j', String(availableParallelism())])
  await run('media-worker-strip', 'strip', ['-o', join(folder, 'mediasoup-worker'), join(out, 'mediasoup-worker')])
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/**
 * What a failed command said last; the line behind it says where all of it is.
 *
 * @param {string} message
 */
function lastLine(message) {
  return message.split('\n').at(-2) ?? message
}

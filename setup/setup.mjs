#!/usr/bin/env node
/**
 * Sets up what is missing: system packages, npm packages (Node 24 among them), native builds. Runs on any Node from 20 on, before
 * `node_modules` exists. A second run finds its stamp and does nothing.
 */
import { gstreamerAddon, ownAddon } from './addons.mjs'
import { provide } from './cache.mjs'
import { mediaWorker } from './media-worker.mjs'
import { installNpmPackages, lockedVersion, npmPackagesInstalled } from './npm-packages.mjs'
import { checkPlatform, distribution } from './platform.mjs'
import { SetupError, say, step } from './report.mjs'
import { isSetUp, stampSetUp } from './stamp.mjs'
import { compilers, installPackages, media, testing } from './system-packages.mjs'

const options = {
  /** Also what only tests need: browsers, encoders. */
  withTests: process.argv.includes('--with-tests'),
  /** For systems without apt-get: whoever says no has seen to the packages. */
  systemPackages: !process.argv.includes('--no-system-packages'),
}

// Ending by way of `exit` takes compilers and half-made builds along.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

try {
  if (!isSetUp(options)) await setUp()
} catch (error) {
  for (const failure of error instanceof AggregateError ? error.errors : [error]) {
    console.error(
      `\nSet-up failed. ${failure instanceof SetupError ? failure.message : failure instanceof Error ? failure.stack : failure}`,
    )
  }
  process.exit(1)
}

async function setUp() {
  checkPlatform()
  say(`Patchbay on ${distribution()}, ${process.arch}, started by Node ${process.versions.node}`)

  // What depends on nothing starts at once; each build waits for just what it needs.
  const npmReady = npmPackagesInstalled() ? Promise.resolve() : step('npm packages', installNpmPackages)
  const compilersReady = system('compilers', compilers)
  const mediaReady = compilersReady.then(() => system('media packages', media))
  const testsReady = options.withTests ? mediaReady.then(() => system('test packages', testing)) : mediaReady

  await all([
    npmReady.then(() => step('media worker', () => provide(mediaWorker(lockedVersion('mediasoup'), compilersReady)))),
    Promise.all([npmReady, compilersReady]).then(() => step('addon', () => provide(ownAddon()))),
    Promise.all([npmReady, mediaReady]).then(() => step('gstreamer addon', () => provide(gstreamer()))),
    testsReady,
  ])

  stampSetUp(options)
  say('everything is in place')
}

/**
 * Waits for every one of them even when one fails: apt-get is never left half way, and what was built is in the cache for the next run.
 *
 * @param {Promise<unknown>[]} steps
 */
async function all(steps) {
  const settled = await Promise.allSettled(steps)
  const failures = new Set(settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])))
  if (failures.size > 0) throw new AggregateError(failures)
}

function gstreamer() {
  return gstreamerAddon(lockedVersion('gstreamer-superficial'), lockedVersion(`node-linux-${process.arch}`))
}

/**
 * @param {string} title
 * @param {string[]} packages
 */
async function system(title, packages) {
  if (options.systemPackages) await step(title, () => installPackages(title.replaceAll(' ', '-'), packages))
}

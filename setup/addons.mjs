import { join } from 'node:path'
import { nodeHeaders, projectNode, root } from './places.mjs'
import { run } from './run.mjs'

const source = join(root, 'native/addon/addon.c')
const gstreamerLibraries = ['gstreamer-1.0', 'gstreamer-app-1.0', 'gstreamer-video-1.0']

/**
 * The project's own N-API addon. Its ABI is stable, so no version of Node is part of its key.
 *
 * @returns {import('./cache.mjs').Recipe}
 */
export function ownAddon() {
  return {
    name: 'addon',
    version: '1',
    binary: 'addon.node',
    inputs: [source, join(root, 'setup/addons.mjs')],
    build: async (folder) => {
      const args = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', `-I${nodeHeaders}`, source, '-o', join(folder, 'addon.node')]
      await run('addon', 'cc', args)
    },
    verify: (path) => loads(path, 'addon'),
  }
}

/**
 * @param {string} version
 * @param {string} nodeVersion Of the Node whose headers it is built against.
 * @returns {import('./cache.mjs').Recipe}
 */
export function gstreamerAddon(version, nodeVersion) {
  const sources = ['gstreamer.cpp', 'GLibHelpers.cpp', 'GObjectWrap.cpp', 'Pipeline.cpp']
  return {
    name: 'gstreamer-superficial',
    version,
    binary: 'gstreamer-superficial.node',
    inputs: [join(root, 'setup/addons.mjs')],
    toolchain: [nodeVersion],
    build: async (folder) => {
      const flags = (await run('gstreamer-flags', 'pkg-config', ['--cflags', '--libs', ...gstreamerLibraries])).trim().split(/\s+/)
      const includes = [`-I${nodeHeaders}`, `-I${join(root, 'node_modules/nan')}`]
      const options = ['-O2', '-w', '-shared', '-fPIC', '-std=gnu++20', '-DNODE_GYP_MODULE_NAME=gstreamer_superficial']
      await run(
        'gstreamer-superficial',
        'c++',
        [...options, ...includes, ...sources, ...flags, '-o', join(folder, 'gstreamer-superficial.node')],
        {
          cwd: join(root, 'node_modules/gstreamer-superficial'),
        },
      )
    },
    verify: (path) => loads(path, 'gstreamer-superficial'),
  }
}

/**
 * @param {string} path
 * @param {string} name
 */
async function loads(path, name) {
  await run(`${name}-load`, projectNode, ['-e', `require(${JSON.stringify(path)})`], { timeoutMs: 30_000 })
}

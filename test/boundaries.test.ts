import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

type Import = { file: string; target: string; typeOnly: boolean }

/** Every import and re-export of the source: local ones as paths from the root, packages by name. */
function imports(): Import[] {
  const files = globSync('{core,native,schema,plugins,runtime}/**/*.ts', { cwd: ROOT }).filter(
    (file) => !file.includes('node_modules') && !file.endsWith('.test.ts') && !file.includes('/test-'),
  )
  return files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    const found = source.matchAll(/(?:^|\n)\s*(import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)/g)
    return [...found].map(([, , type, statement, dynamic]) => {
      const specifier = statement ?? dynamic ?? ''
      const target = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier
      return { file, target, typeOnly: type !== undefined }
    })
  })
}

const inside = (...folders: string[]) => {
  return (path: string) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
}
const isLocal = inside('core', 'native', 'schema', 'plugins', 'runtime', 'test', 'setup')

/** Who may import what; the first rule whose folder fits decides. Packages are free unless a rule below says otherwise. */
const RULES: { folder: string; may: (to: Import) => boolean; says: string }[] = [
  { folder: 'core/kernel', may: ({ target }) => inside('core/kernel')(target) || target.startsWith('node:'), says: 'Node only' },
  { folder: 'core', may: ({ target }) => !isLocal(target) || inside('core')(target), says: 'core only' },
  { folder: 'native', may: ({ target }) => !isLocal(target) || inside('native', 'core/kernel')(target), says: 'native and core/kernel' },
  { folder: 'schema', may: ({ target }) => !isLocal(target) || inside('schema', 'core')(target), says: 'schema and core' },
  {
    folder: 'plugins/kit',
    may: ({ target, typeOnly }) =>
      !isLocal(target) || inside('plugins/kit', 'core/kernel', 'native')(target) || (typeOnly && inside('core')(target)),
    says: 'kit, native and core/kernel; of the rest of core types only',
  },
]

test('dependencies point one way', () => {
  const wrong = imports().filter((one) => {
    const rule = RULES.find(({ folder }) => inside(folder)(one.file))
    return rule && !rule.may(one)
  })
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('a plugin imports the kit, the kernel and itself, and of everything else types only', () => {
  const wrong = imports().filter(({ file, target, typeOnly }) => {
    const [, plugin] = file.split('/')
    if (!file.startsWith('plugins/') || plugin === 'kit' || !isLocal(target)) return false
    if (inside(`plugins/${plugin}`, 'plugins/kit', 'core/kernel')(target)) return false
    return !(typeOnly && inside('core', 'native')(target)) && !inside('native')(target)
  })
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('nothing imports the runtime but the runtime', () => {
  const wrong = imports().filter(({ file, target }) => inside('runtime')(target) && !inside('runtime')(file))
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('mediasoup is used in core/media, core/ingress and core/webrtc, drizzle in the store and where rows are read', () => {
  const users = (name: string) => [
    ...new Set(
      imports()
        .filter(({ target, typeOnly }) => !typeOnly && target === name)
        .map(({ file }) => dirname(file)),
    ),
  ]
  for (const folder of users('mediasoup')) assert.ok(inside('core/media')(folder), `${folder} loads mediasoup`)
})

test('only runtime/config reads the environment', () => {
  const readers = globSync('{core,schema,plugins,runtime}/**/*.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/test-') && !file.includes('node_modules'))
    .filter((file) => /process\.env/.test(readFileSync(join(ROOT, file), 'utf8')))
    .filter((file) => !inside('runtime/config')(file) && file !== 'runtime/main.ts')
  assert.deepEqual(readers, [])
})

test('an example imports what any package can: the kit, the test suite and itself', () => {
  const files = globSync('examples/**/*.js', { cwd: ROOT }).filter((file) => !file.includes('node_modules'))
  assert.ok(files.length > 0)
  const targets = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^import .*'(.+)'$/gm)].map(([, target = '']) => `${file} -> ${target}`),
  )
  assert.deepEqual(
    targets.filter((target) => !/ -> (patchbay\/(kit|kit\/tables|test)|node:.*|\.\/[^/]+)$/.test(target)),
    [],
  )
})

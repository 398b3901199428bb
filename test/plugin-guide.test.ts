import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DEFAULT_BUDGET } from '../runtime/host/budget-watch.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const guide = await readFile(join(ROOT, 'plugins/README.md'), 'utf8')

/** What a part of `setup` has at hand. */
const FRAGMENT = `import type { Host } from 'patchbay/kit'
export async function setup({ apps, core, events, http, lifetime, log, pipelines, tasks }: Host) {
  void [apps, core, events, http, lifetime, log, pipelines, tasks]
`

test('every example of the guide compiles', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-guide-'))
  try {
    const examples = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
    assert.ok(examples.length > 8)
    for (const [index, code] of examples.entries()) {
      await writeFile(join(folder, `example-${index}.ts`), code.startsWith('import ') ? code : `${FRAGMENT}${code}}\n`)
    }
    const paths = {
      'patchbay/kit': ['plugins/kit/index.ts'],
      'patchbay/kit/tables': ['plugins/kit/tables.ts'],
      'patchbay/test': ['test/plugin-authors.ts'],
    }
    const absolute = Object.fromEntries(Object.entries(paths).map(([name, files]) => [name, files.map((file) => join(ROOT, file))]))
    const compilerOptions = { paths: absolute, typeRoots: [join(ROOT, 'node_modules/@types')], noUnusedLocals: false }
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error: { stdout: string }) =>
      // A fault elsewhere is not the guide's.
      assert.doesNotMatch(error.stdout, /example-\d+/),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the guide tells every budget with its default', () => {
  for (const name of ['memoryMb', 'startMs', 'stopMs', 'cpuPercent', 'eventLoopDelayMs', 'overMs', 'onExceeded'] as const) {
    const value = String(DEFAULT_BUDGET[name] ?? 'no limit')
    assert.match(guide, new RegExp(`^\\| \`${name}\` \\| \`?${value}\`? \\|`, 'm'))
  }
})

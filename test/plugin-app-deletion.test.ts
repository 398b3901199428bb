import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letPluginsDrop } from '../runtime/host/app-deletion.ts'
import { TestRuntime } from './harness.ts'
import { fixture } from './plugin-support.ts'

const mourner = { ...fixture('mourner'), from: './test/fixtures/plugins/mourner.ts' }

test('plugins are asked before an app goes: one that refuses keeps it, one that can not answer does not', async () => {
  await using server = await TestRuntime.start({ plugins: [mourner] })
  const { core, host } = server.runtime
  await server.until('{ __typename }', () => host.get('mourner').state === 'RUNNING')
  const remove = (name: string, recordings = false) =>
    server.graphqlRaw('mutation ($name: String!, $recordings: Boolean) { deleteApp(name: $name, recordings: $recordings) { name } }', {
      name,
      recordings,
    })
  const lines = () => [...host.get('mourner').logs]
  for (const name of ['plain', 'refused', 'broken', 'endless', 'lonely']) await core.apps.create(name)

  const { folder } = core.apps.get('plain')
  assert.equal((await remove('plain', true)).errors, undefined)
  const told = lines().find(({ message }) => message === 'about to go')
  assert.deepEqual(told?.fields, { app: 'plain', recordings: true, folder })
  assert.equal(core.apps.find('plain'), undefined)

  assert.equal((await remove('refused')).errors?.[0]?.extensions?.code, 'STORAGE_FAILED')
  assert.ok(core.apps.find('refused'), 'it is still there')

  const complaints = (app: string) => lines().filter(({ level, fields }) => level === 'error' && fields.app === app)
  assert.equal((await remove('broken')).errors, undefined)
  assert.equal(complaints('broken').length, 1)

  await letPluginsDrop(host, core.apps.get('endless'), { recordings: false }, 50)
  assert.match(String(complaints('endless')[0]?.fields.reason), /timeout/)

  await server.graphql('mutation { disablePlugin(name: "mourner") { name } }')
  assert.equal((await remove('lonely')).errors, undefined)
  assert.match(String(complaints('lonely')[0]?.fields.reason), /mourner/)
  assert.equal(core.apps.find('lonely'), undefined)
})

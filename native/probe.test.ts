import assert from 'node:assert/strict'
import { test } from 'node:test'
import { availableElements, firstAvailable } from './probe.ts'

test('a machine knows what it has', async () => {
  const found = await availableElements(['fdsrc', 'nosuchelement', 'rtph264pay'])
  assert.deepEqual([...found], ['fdsrc', 'rtph264pay'])
  assert.equal(await firstAvailable(['nosuchelement', 'fakesink']), 'fakesink')
  assert.equal(await firstAvailable(['nosuchelement']), undefined)
  await assert.rejects(availableElements(['fdsrc ! filesink']), { code: 'INPUT_INVALID' })
})

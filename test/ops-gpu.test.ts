import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Gpu } from '../runtime/gpu.ts'

/** A machine whose `nvidia-smi` is this shell script, without render devices. */
async function machine(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-gpu-'))
  const nvidiaSmi = join(folder, 'nvidia-smi')
  const install = async (text: string) => {
    await writeFile(nvidiaSmi, `#!/bin/sh\n${text}\n`)
    await chmod(nvidiaSmi, 0o755)
  }
  if (script !== '') await install(script)
  const gpu = new Gpu({ nvidiaSmi, renderDevices: join(folder, 'dri') })
  return { gpu, install, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('cards are told as nvidia-smi tells them', async () => {
  await using with2 = await machine(`echo '0, NVIDIA T4, 15360, 550.54.15'; echo '1, NVIDIA L4, [N/A], 550.54.15'`)
  const { checkedAt: _, ...found } = await with2.gpu.status()
  assert.deepEqual(found, {
    type: 'NVIDIA',
    devices: [
      { kind: 'NVIDIA', name: 'NVIDIA T4', index: 0, memoryMiB: 15_360 },
      { kind: 'NVIDIA', name: 'NVIDIA L4', index: 1 },
    ],
    driver: '550.54.15',
  })
  assert.deepEqual(await with2.gpu.resolveHwaccel('auto'), {
    requested: 'auto',
    effective: 'gpu',
    type: 'NVIDIA',
    reason: 'NVENC is available',
  })
  assert.equal((await with2.gpu.resolveHwaccel('cpu')).effective, 'cpu')
})

test('a machine without any says what it lacks', async () => {
  await using bare = await machine('')
  const { type, devices, detail } = await bare.gpu.status()
  assert.deepEqual([type, devices], ['NONE', []])
  assert.match(detail ?? '', /nvidia-smi is not installed; there is no render device/)
  const { effective, reason } = await bare.gpu.resolveHwaccel('gpu')
  assert.equal(effective, 'cpu')
  assert.match(reason, /no usable GPU/)
})

test('a driver that hangs is given up after three seconds, and one that fails at once', async () => {
  await using hung = await machine('exec sleep 60')
  await using broken = await machine('exit 9')
  const [one, other] = await Promise.all([hung.gpu.status(), broken.gpu.status()])
  assert.match(one.detail ?? '', /no answer within 3 s/)
  assert.match(other.detail ?? '', /nvidia-smi failed \(9\)/)
})

test('what was found is kept, and everybody who asks at once shares one look', async () => {
  await using changing = await machine('exit 1')
  const [one, other] = await Promise.all([changing.gpu.status(), changing.gpu.status()])
  assert.equal(one, other)
  assert.equal(await changing.gpu.status({ refresh: true }), one, 'a moment ago')
})

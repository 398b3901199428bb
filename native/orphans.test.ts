import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/** Generous: it takes a few milliseconds, but a loaded machine may not run us for longer. */
const WITHIN_MS = 2_000

test('three pipelines are gone when their process is killed', async () => {
  const parent = spawn(process.execPath, [fixture('three-pipelines.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(parent.stdout), 'line')
  const pids: number[] = JSON.parse(line)
  assert.equal(pids.filter(alive).length, 3)

  parent.kill('SIGKILL')
  await gone(pids)
})

test('a pipeline is gone when its thread is terminated', async () => {
  const worker = new Worker(fixture('one-pipeline.ts'))
  const [pid] = await once(worker, 'message')
  assert.ok(alive(pid))

  await worker.terminate()
  await gone([pid])
})

test('a host whose event loop hangs is gone with its process, too', async () => {
  const parent = spawn(process.execPath, [fixture('three-pipelines.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(parent.stdout), 'line')
  const pids: number[] = JSON.parse(line)
  // A stopped process runs nothing, `disconnect` handlers included; only the kernel can end it.
  for (const pid of pids) process.kill(pid, 'SIGSTOP')

  parent.kill('SIGKILL')
  await gone(pids)
})

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

/** Whether a process runs; one that waits to be reaped does not. */
function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}

async function gone(pids: number[]): Promise<void> {
  const since = performance.now()
  while (pids.some(alive)) {
    assert.ok(performance.now() - since < WITHIN_MS, `still there after ${WITHIN_MS} ms: ${pids.filter(alive)}`)
    await after(2)
  }
}

import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Health } from './protocol.ts'

const RESOLUTION_MS = 50

/** Measures the thread it runs in. Each answer tells of the time since the one before. */
export function healthMeter(): { read: () => Health; close: () => void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let last = performance.eventLoopUtilization()
  return {
    read() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      // The histogram counts from one tick of its own timer to the next, so a loop without delay shows its resolution.
      const eventLoopDelayMs = delay.count === 0 ? 0 : Math.max(0, delay.mean / 1e6 - RESOLUTION_MS)
      delay.reset()
      const cpu = process.threadCpuUsage()
      const heap = getHeapStatistics()
      return {
        eventLoopDelayMs,
        utilization,
        cpuMs: (cpu.user + cpu.system) / 1_000,
        heapUsedBytes: heap.used_heap_size,
        heapLimitBytes: heap.heap_size_limit,
        externalBytes: heap.external_memory,
      }
    },
    close: () => delay.disable(),
  }
}

import type { Registry } from 'prom-client'
import type { Core } from '../../core/core.ts'
import { countBy, counter, gauge, type Sample } from './instruments.ts'
import type { Tally } from './tally.ts'

/** What moves through rooms, and the processes that carry it. */
export function coreMetrics(registry: Registry, core: Core, tally: Tally): void {
  const rooms = () => core.rooms.list()
  const kinds = (of: 'bytes' | 'packets') => () =>
    Object.entries(tally.kinds).map(([kind, count]) => ({ labels: { kind }, value: count[of] }))

  gauge(registry, { name: 'patchbay_rooms', help: 'Open rooms.', read: () => [{ value: rooms().length }] })
  gauge(registry, {
    name: 'patchbay_participants',
    help: 'Participants, by the way they came in.',
    labels: ['kind'],
    read: () =>
      countBy(
        rooms().flatMap(({ participants }) => [...participants.values()]),
        'kind',
        ({ kind }) => kind,
      ),
  })
  gauge(registry, {
    name: 'patchbay_tracks',
    help: 'Published tracks.',
    labels: ['kind'],
    read: () =>
      countBy(
        rooms().flatMap(({ tracks }) => tracks),
        'kind',
        ({ kind }) => kind,
      ),
  })
  gauge(registry, {
    name: 'patchbay_viewers',
    help: 'Viewers, by the way they came.',
    labels: ['kind'],
    read: () =>
      countBy(
        rooms().flatMap(({ viewers }) => [...viewers.values()]),
        'kind',
        ({ kind }) => kind,
      ),
  })
  counter(registry, { name: 'patchbay_track_received_bytes_total', help: 'Bytes of RTP received.', labels: ['kind'], read: kinds('bytes') })
  counter(registry, {
    name: 'patchbay_track_received_packets_total',
    help: 'RTP packets received.',
    labels: ['kind'],
    read: kinds('packets'),
  })
  workerMetrics(registry, core)
}

function workerMetrics(registry: Registry, { workers, events }: Core): void {
  const labels = ['worker']
  // Their places stay: a worker that died is replaced in its own.
  const restarts = new Map(workers.alive.map(({ index }) => [index, 0]))
  events.on('mediaWorker.replaced', ({ index }) => restarts.set(index, (restarts.get(index) ?? 0) + 1))
  const perPlace = (valueIn: (index: number) => number) => () =>
    [...restarts.keys()].map((index) => ({ labels: { worker: String(index) }, value: valueIn(index) }))

  gauge(registry, {
    name: 'patchbay_media_worker_up',
    help: 'Whether a media worker is alive.',
    labels,
    read: perPlace((place) => (workers.alive.some(({ index }) => index === place) ? 1 : 0)),
  })
  counter(registry, {
    name: 'patchbay_media_worker_restarts_total',
    help: 'How often a media worker was replaced after it died.',
    labels,
    read: perPlace((place) => restarts.get(place) ?? 0),
  })
  gauge(registry, {
    name: 'patchbay_media_worker_load',
    help: 'Rooms and viewers that a media worker carries.',
    labels,
    read: () => workers.alive.map(({ index, load }) => ({ labels: { worker: String(index) }, value: load })),
  })
  counter(registry, {
    name: 'patchbay_media_worker_cpu_seconds_total',
    help: 'CPU time of a media worker since it was started.',
    labels: ['worker', 'mode'],
    read: async () => (await Promise.all(workers.alive.map(cpuOf))).flat(),
  })
}

async function cpuOf({ index, worker }: Core['workers']['alive'][number]): Promise<Sample[]> {
  try {
    const { ru_utime: userMs, ru_stime: systemMs } = await worker.getResourceUsage()
    const of = (mode: string, ms: number) => ({ labels: { worker: String(index), mode }, value: ms / 1_000 })
    return [of('user', userMs), of('system', systemMs)]
  } catch {
    // It died while it was asked.
    return []
  }
}

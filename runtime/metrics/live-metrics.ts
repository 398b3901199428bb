import type { Registry } from 'prom-client'
import type { Core } from '../../core/core.ts'
import { counter, gauge } from './instruments.ts'
import type { Tally } from './tally.ts'

/** go-live's four metrics, under the names of its document and under those its program has. */
export function liveMetrics(registry: Registry, core: Core, tally: Tally): void {
  const labels = ['room']
  for (const family of ['live', 'webrtc']) {
    gauge(registry, {
      name: `${family}_rooms`,
      help: 'Rooms in which somebody publishes or plays.',
      read: () => [{ value: core.rooms.list().filter(({ publishers, viewers }) => publishers.length + viewers.size > 0).length }],
    })
    gauge(registry, {
      name: `${family}_subscribers`,
      help: 'Viewers of a room.',
      labels,
      read: () => tally.rooms.map(({ label: room, viewers: value }) => ({ labels: { room }, value })),
    })
    counter(registry, {
      name: `${family}_rtp_bytes_total`,
      help: 'Bytes of RTP received from the publishers of a room.',
      labels,
      read: () => tally.rooms.map(({ label: room, bytes: value }) => ({ labels: { room }, value })),
    })
    counter(registry, {
      name: `${family}_rtp_packets_total`,
      help: 'RTP packets received from the publishers of a room.',
      labels,
      read: () => tally.rooms.map(({ label: room, packets: value }) => ({ labels: { room }, value })),
    })
  }
}

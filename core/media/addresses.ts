import { networkInterfaces } from 'node:os'
import type { types } from 'mediasoup'

/** The address of the machine's own loopback, and every other IPv4 address it has. */
export function ownAddresses(): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
  return ['127.0.0.1', ...new Set(own)]
}

/**
 * Where a media worker receives WebRTC: UDP and TCP on one port of each own address, so that a browser on this machine
 * and one beside it both find a candidate. Announced addresses (a NAT's outside) are listened for on all interfaces.
 *
 * @param port 0 lets the worker choose.
 */
export function webRtcListenInfos(port: number, announced: readonly string[]): types.TransportListenInfo[] {
  const targets: { ip: string; announcedAddress?: string }[] = ownAddresses().map((ip) => ({ ip }))
  const outside = ownAddresses().find((ip) => ip !== '127.0.0.1')
  for (const announcedAddress of announced) {
    // One socket can announce one address, so the announced one replaces the bare address it is reached through.
    const target = targets.find(({ ip, announcedAddress: taken }) => ip === (outside ?? '127.0.0.1') && taken === undefined)
    if (target && !targets.some(({ ip }) => ip === announcedAddress)) target.announcedAddress = announcedAddress
  }
  return targets.flatMap((target) =>
    (['udp', 'tcp'] as const).map((protocol) => ({
      protocol,
      ...target,
      ...(target.announcedAddress !== undefined && { exposeInternalIp: true }),
      ...(port !== 0 && { port }),
      ...(protocol === 'udp' && { recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 }),
    })),
  )
}

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import type { Finding } from './finding.ts'

/** The ports a start would listen on, with the same variables and defaults. */
export async function checkPorts(): Promise<Finding[]> {
  const { HOST: host = '127.0.0.1', PORT = '8080', RTMP_PORT = '1935', RTC_PORT = '40000', WORKERS } = process.env
  const workers = Number(WORKERS) || availableParallelism()
  const media = Array.from({ length: workers }, (_, worker) => Number(RTC_PORT) + worker)
  return Promise.all([
    finding('HTTP', Number(PORT), 'PORT', () => bindTcp(Number(PORT), host)),
    finding('RTMP', Number(RTMP_PORT), 'RTMP_PORT', () => bindTcp(Number(RTMP_PORT), host)),
    ...media.map((port) => finding('WebRTC', port, 'RTC_PORT', () => Promise.all([bindTcp(port, host), bindUdp(port, host)]))),
  ])
}

async function finding(use: string, port: number, variable: string, bind: () => Promise<unknown>): Promise<Finding> {
  const subject = `port ${port} for ${use}`
  try {
    await bind()
    return { verdict: 'ok', subject, detail: 'free' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      return { verdict: 'warn', subject, detail: `in use, by a running Patchbay or something else: stop that or set ${variable}` }
    }
    return { verdict: 'FAIL', subject, detail: `${error instanceof Error ? error.message : error}: set HOST or ${variable}` }
  }
}

async function bindTcp(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function bindUdp(port: number, host: string): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(port, host)
  await once(socket, 'listening')
  socket.close()
  await once(socket, 'close')
}

/** Viewers who never look at what they get, in a process of their own: `mjpeg-readers.ts <port> <path> <viewers>`. */
import './baselines/end-with-parent.ts'
import { connect } from 'node:net'

const [port = '0', path = '/', count = '0'] = process.argv.slice(2)
const buffer = Buffer.allocUnsafe(1 << 18)
let bytes = 0
let joined = 0

for (let opened = 0; opened < Number(count); opened++) {
  let isFirst = true
  const onData = (size: number) => {
    bytes += size
    if (isFirst && ++joined === Number(count)) process.send?.('joined')
    isFirst = false
    return true
  }
  const socket = connect({ port: Number(port), host: '127.0.0.1', onread: { buffer, callback: onData } })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
}
process.on('message', () => process.send?.(bytes))

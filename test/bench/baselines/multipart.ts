/** Pictures from one WebSocket to many multipart viewers, as plain Node does it. */
import './end-with-parent.ts'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const viewers = new Set<ServerResponse>()

const http = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' })
  response.flushHeaders()
  viewers.add(response)
  response.once('close', () => viewers.delete(response))
}).listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))

new WebSocketServer({ server: http, path: '/ingest/ws', perMessageDeflate: false }).on('connection', (camera) => {
  camera.send('ready')
  camera.on('message', (jpeg: Buffer) => {
    const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`
    for (const viewer of viewers) {
      if (viewer.writableLength > 2 * jpeg.length) continue
      viewer.cork()
      viewer.write(head)
      viewer.write(jpeg)
      viewer.write('\r\n')
      viewer.uncork()
    }
  })
})

/** What the meeting page asks of the API. */

export const JOIN = `mutation ($app: String!, $room: String!, $identity: String!, $name: String!) {
  joinRoom(app: $app, room: $room, identity: $identity, name: $name, takeover: true) {
    participant { id name room { name } } routerRtpCapabilities iceServers
  }
}`
export const LEAVE = 'mutation ($participantId: ID!) { leaveRoom(participantId: $participantId) { id } }'

export const CREATE_TRANSPORT = `mutation ($participantId: ID!, $direction: TransportDirection!) {
  createWebRtcTransport(participantId: $participantId, direction: $direction) { id iceParameters iceCandidates dtlsParameters sctpParameters }
}`
export const CONNECT_TRANSPORT = `mutation ($transportId: ID!, $dtlsParameters: JSON!) {
  connectWebRtcTransport(transportId: $transportId, dtlsParameters: $dtlsParameters) { id }
}`
export const RESTART_ICE = 'mutation ($transportId: ID!) { restartIce(transportId: $transportId) { iceParameters } }'

export const PRODUCE = `mutation ($transportId: ID!, $kind: MediaKind!, $rtpParameters: JSON!, $source: TrackSource) {
  produce(transportId: $transportId, kind: $kind, rtpParameters: $rtpParameters, source: $source) { id }
}`
export const PAUSE_PRODUCER = 'mutation ($producerId: ID!) { pauseProducer(producerId: $producerId) { id } }'
export const RESUME_PRODUCER = 'mutation ($producerId: ID!) { resumeProducer(producerId: $producerId) { id } }'
export const CLOSE_PRODUCER = 'mutation ($producerId: ID!) { closeProducer(producerId: $producerId) { id } }'

export const CONSUME = `mutation ($transportId: ID!, $producerId: ID!, $rtpCapabilities: JSON!) {
  consume(transportId: $transportId, producerId: $producerId, rtpCapabilities: $rtpCapabilities) { id producerId kind rtpParameters type }
}`
export const RESUME_CONSUMER = 'mutation ($consumerId: ID!) { resumeConsumer(consumerId: $consumerId) { id } }'
export const PREFER_LAYER = `mutation ($consumerId: ID!, $spatialLayer: Int!) {
  setConsumerPreferredLayers(consumerId: $consumerId, spatialLayer: $spatialLayer) { id }
}`

export const PRODUCE_DATA = `mutation ($transportId: ID!, $sctpStreamParameters: JSON!, $label: String, $protocol: String) {
  produceData(transportId: $transportId, sctpStreamParameters: $sctpStreamParameters, label: $label, protocol: $protocol) { id }
}`
export const CONSUME_DATA = `mutation ($transportId: ID!, $dataProducerId: ID!) {
  consumeData(transportId: $transportId, dataProducerId: $dataProducerId) { id dataProducerId sctpStreamParameters label protocol }
}`

export const PARTICIPANTS = 'subscription ($room: String!) { participantEvents(room: $room) { change participant { id name kind } } }'
export const TRACKS = `subscription ($room: String!) {
  trackEvents(room: $room) { change track { id kind muted source participant { id } } }
}`
export const DATA = `subscription ($room: String!) {
  dataProducerEvents(room: $room) { change dataProducer { id label participant { id } } }
}`
export const SPEAKERS = 'subscription ($room: String!) { activeSpeakers(room: $room) { participant { id } dominant } }'
export const OWN_TRANSPORTS = `subscription ($participantId: ID!) {
  transportEvents(participantId: $participantId) { change reason }
}`

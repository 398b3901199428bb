/** The peer broke the protocol, or one of our limits on it. Ends its connection; the message says what it did, never a secret. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

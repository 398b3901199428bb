/** Why something ended. Closing cascades downward, and each child says whose end was its own. */
export type CloseReason =
  /** Somebody asked for it through the API. */
  | 'REQUESTED'
  /** The other side said goodbye. */
  | 'LEFT'
  /** The other side vanished. */
  | 'DISCONNECTED'
  /** Nothing came for too long. */
  | 'IDLE'
  /** Another publisher took the identity over. */
  | 'TAKEN_OVER'
  | 'ROOM_CLOSED'
  | 'MEDIA_WORKER_DIED'
  | 'PLUGIN_STOPPED'
  /** What came could not be used. */
  | 'REFUSED'
  | 'FAILED'
  | 'SHUTDOWN'

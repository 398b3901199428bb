import { HttpError } from './http.js'

/**
 * What the player says in a state.
 *
 * @typedef {{ pill: string, title: string, text: string }} Words
 */

/** @type {Record<import('./viewer.js').ViewerState, Words>} */
const WORDS = {
  connecting: { pill: 'Connecting', title: 'Connecting', text: '' },
  waiting: { pill: 'Waiting', title: 'Waiting for the stream', text: 'Nobody is publishing here yet. It starts by itself.' },
  live: { pill: 'Live', title: '', text: '' },
  reconnecting: { pill: 'Reconnecting', title: 'Reconnecting', text: '' },
  ended: { pill: 'Ended', title: 'The stream has ended', text: 'If it comes back, it plays on here by itself.' },
  refused: { pill: 'Token wanted', title: 'This room wants a token', text: 'Whoever runs this server can give you one.' },
  failed: { pill: 'Not playable', title: 'This can not be played', text: '' },
}
const STILL = { pill: 'Standing still', title: '', text: '' }
const FULL = { pill: 'Full', title: 'The room is full', text: 'As soon as somebody leaves, it starts here.' }
const OFF = {
  pill: 'Switched off',
  title: 'Playback is switched off',
  text: 'Only who has a token can watch this room. Whoever runs this server can give you one.',
}
const UNREACHABLE = { pill: 'Connecting', title: 'Connecting', text: 'The server can not be reached. Trying again.' }
const NO_APP = { pill: 'Not found', title: 'There is nothing here', text: 'This server has no such app. Is the address right?' }

/**
 * @param {import('./viewer.js').ViewerState} state
 * @param {{ error?: unknown, still?: boolean, switchedOff: boolean, ownToken: boolean }} details
 * @returns {Words}
 */
export function wordsFor(state, { error, still, switchedOff, ownToken }) {
  if (state === 'live' && still) return STILL
  if (state === 'connecting' && error && !(error instanceof HttpError)) return UNREACHABLE
  if (state === 'refused' && switchedOff) return OFF
  const words = WORDS[state]
  if (!(error instanceof HttpError)) return words
  if (error.code === 'VIEWER_LIMIT') return FULL
  if (error.code === 'APP_NOT_FOUND') return NO_APP
  if (state === 'refused' && ownToken) return { ...words, text: `The token was not accepted: ${error.message}` }
  if (error.status === 503) return { ...words, title: 'Not possible at the moment', text: error.message }
  return state === 'failed' || error.status >= 500 ? { ...words, text: error.message } : words
}

import type { Socket } from 'node:net'
import { networkOf } from '../../core/kernel/addresses.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import { Repeats } from '../../core/kernel/repeats.ts'
import type { Admission } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import { arrivalOf, tokenOf } from './arrival.ts'
import type { RtmpConfig } from './config.ts'
import { RtmpConnection } from './protocol/connection.ts'
import type { PublishRequest } from './protocol/publish-request.ts'
import { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { FOUR_CCS } from './track-codecs.ts'

/** Anybody may knock as often as they like, and each line of the log is kept. */
const REFUSALS = { windowMs: 60_000, limit: 1_000 }
/** Characters of what a stranger calls an app. */
const LONGEST_APP = 64

export type PublishersOptions = {
  host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>
  config: RtmpConfig
  sessions: Sessions
  reports: SenderReports
}

/** Takes connections in: each becomes a session once core has let its publisher in, and not before. */
export class Publishers {
  readonly #options: PublishersOptions
  readonly #refusals: Repeats

  constructor(options: PublishersOptions) {
    const { log } = options.host
    this.#options = options
    const again = (who: string, times: number) => {
      const [from, code] = who.split(' ')
      log.info({ from, code, times }, 'publishers refused again')
    }
    this.#refusals = new Repeats({ ...REFUSALS, again })
  }

  readonly accept = (socket: Socket): void => {
    const { host, config } = this.#options
    const connection = new RtmpConnection(socket, {
      openTimeoutMs: config.openTimeoutMs,
      idleTimeoutMs: config.idleTimeoutMs,
      log: host.log,
      fourCcs: FOUR_CCS,
      authorize: async (request) => {
        const admission = await this.#admit(request)
        // It hung up meanwhile, and nobody else gives back what was taken for it.
        if (connection.closed) await host.core.participants.leave(admission.participantId, 'DISCONNECTED')
        else this.#open(connection, admission, request.encoder)
      },
    })
    connection.events.once('closed', (reason, detail) => {
      host.log.debug({ reason, detail, from: connection.remoteAddress }, 'RTMP connection closed')
    })
  }

  /** Tells the refusals that were only counted so far. */
  close(): void {
    this.#refusals[Symbol.dispose]()
  }

  async #admit(request: PublishRequest): Promise<Admission> {
    const { core, log } = this.#options.host
    try {
      const caller = await core.access.identify(tokenOf(request), request.remoteAddress)
      return await core.ingresses.accept(arrivalOf(request, caller))
    } catch (error) {
      const { app, remoteAddress: from = '' } = request
      if (error instanceof MediaError && this.#refusals.isNew(`${networkOf(from)} ${error.code}`))
        log.info({ app: app.slice(0, LONGEST_APP), from, code: error.code }, 'publisher refused')
      throw error
    }
  }

  #open(connection: RtmpConnection, admission: Admission, encoder: string): void {
    const { sessions } = this.#options
    sessions.add(new Session({ ...this.#options, connection, admission, encoder, onClosed: (session) => sessions.remove(session) }))
  }
}

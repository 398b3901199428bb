import { MediaError } from '../../core/kernel/errors.ts'
import type { RecorderHost } from './host.ts'
import type { Recording } from './recording.ts'

/** Counts the minutes of a recording while they are recorded, and ends it when the tenant has none left. */
export function meter(host: RecorderHost, recording: Recording, app: string): void {
  let countedAtMs = Date.now()
  const count = async () => {
    const nowMs = Date.now()
    const minutes = (nowMs - countedAtMs) / 60_000
    countedAtMs = nowMs
    if (recording.isWriting) await host.core.quotas.use('maxRecordingMinutesMonth', app, minutes)
  }
  const timer = setInterval(async () => {
    try {
      await count()
      await host.core.quotas.require('maxRecordingMinutesMonth', app)
    } catch (error) {
      if (error instanceof MediaError && error.code === 'QUOTA_EXCEEDED') await recording.end('QUOTA')
    }
  }, host.config.meterMs)
  recording.events.once('ended', () => clearInterval(timer))
  // What was recorded since it was last counted; no segment is left to tell by once it has ended.
  recording.events.once('ending', () => void count().catch(() => undefined))
}

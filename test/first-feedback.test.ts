import { test } from 'node:test'
import { mediasoupWorkerBin } from '../native/binaries.ts'
import { requireFirstFeedback } from '../setup/first-feedback.ts'

test('already the first transport-wide feedback names a stream of its sender', { timeout: 10_000 }, () =>
  requireFirstFeedback(mediasoupWorkerBin()),
)

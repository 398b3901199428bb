import type { Host } from '../kit/host.ts'
import type { RecorderConfig } from './config.ts'

export type RecorderHost = Host<RecorderConfig>

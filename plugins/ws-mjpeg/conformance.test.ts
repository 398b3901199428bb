import { conformance } from '../../test/conformance/plugin.ts'

conformance(import.meta.resolve('./plugin.ts'), { badOptions: { idleTimeoutMs: 1, maxBridges: 'many' } })

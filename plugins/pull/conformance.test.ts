import { conformance } from '../../test/conformance/plugin.ts'

conformance(import.meta.resolve('./plugin.ts'), { options: { maxPulls: 3 }, badOptions: { maxPulls: 0, loop: 'yes' } })

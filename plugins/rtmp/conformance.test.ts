import { conformance } from '../../test/conformance/plugin.ts'

conformance(import.meta.resolve('./plugin.ts'), { options: { host: '127.0.0.1', port: 0 }, badOptions: { port: 70_000, host: 1 } })

import { conformance } from '../../test/conformance/plugin.ts'

conformance(import.meta.resolve('./plugin.ts'), { badOptions: { clusterMs: 'often' } })

/** Loaded before every test file, so that packages in this repository may import `patchbay/kit` and `patchbay/test` as they do elsewhere. */
import { shareModules } from '../plugins/kit/shared-modules.ts'

shareModules()

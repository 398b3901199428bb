/** What plugin authors import as `patchbay/test`: the conformance suite, and a whole server on free ports to test against. */
export { type ConformanceOptions, conformance } from './conformance/plugin.ts'
export { freePort, TEST_TOKEN, TestRuntime } from './harness.ts'
export { PagesBrowser } from './pages-browser.ts'

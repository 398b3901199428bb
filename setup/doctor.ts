/** Says what on this machine fits Patchbay and what does not: `npm run doctor`. Ends with exit code 1 when something would not work. */
import { checkBinaries } from './doctor/binaries.ts'
import { checkElements } from './doctor/elements.ts'
import type { Finding } from './doctor/finding.ts'
import { checkDisk, checkNode, checkReceiveBuffer } from './doctor/machine.ts'
import { checkPorts } from './doctor/ports.ts'

const findings: Finding[] = []
for (const check of [checkNode, checkElements, checkBinaries, checkPorts, checkReceiveBuffer, checkDisk]) {
  for (const finding of await check()) {
    findings.push(finding)
    console.log(`${finding.verdict.padEnd(5)} ${finding.subject.padEnd(28)} ${finding.detail}`)
  }
}

const count = (verdict: Finding['verdict']) => findings.filter((finding) => finding.verdict === verdict).length
console.log(`\n${count('ok')} ok, ${count('warn')} to look at, ${count('FAIL')} failed`)
// The handshake's peer leaves threads behind that would keep the process alive.
process.exit(count('FAIL') > 0 ? 1 : 0)

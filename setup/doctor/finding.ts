/** One line of the doctor's answer. */
export interface Finding {
  /** `warn`: it works, but not as well as it could, or not everything. `FAIL`: Patchbay would not work. */
  verdict: 'ok' | 'warn' | 'FAIL'
  subject: string
  /** What was found, and what to do about it. */
  detail: string
}

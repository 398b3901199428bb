import type { LoginSettings } from '../../core/access/logins.ts'
import type { Config } from './env.ts'

/** What core has to know so that people can log in. */
export function loginSettings({ logins }: Config): LoginSettings {
  const { jwtSecret, adminUser: name, adminPass, allowSignup: signUp } = logins
  return {
    ...(jwtSecret && { jwtSecret: jwtSecret.reveal() }),
    ...(adminPass && { administrator: { name, password: adminPass.reveal() } }),
    signUp,
  }
}

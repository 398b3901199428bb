import { isIP, type LookupFunction } from 'node:net'
import type { CoreApi } from '../kit/core-api.ts'
import type { Remote } from '../kit/rpc.ts'

/**
 * Refuses URLs that lead where this server may not connect to. The addresses that were looked at are those that are connected to: a
 * name that leads elsewhere a moment later leads nowhere.
 *
 * @returns For `net.connect` and `http.request`: resolves the URL's host to the addresses that were checked.
 * @throws {MediaError} `INPUT_INVALID`
 */
export async function guarded(core: Remote<CoreApi>, url: string, schemes: readonly string[]): Promise<LookupFunction> {
  const addresses = (await core.outbound.check(url, { schemes, field: 'url' })).map((address) => ({ address, family: isIP(address) }))
  const [first] = addresses
  return (host, options, callback) => {
    if (!first) callback(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), [])
    else if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
}

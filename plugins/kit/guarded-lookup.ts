import { isIP, type LookupFunction } from 'node:net'
import type { CoreApi } from './core-api.ts'
import type { Remote } from './rpc.ts'

/**
 * For `http.Agent` and `net.connect`: resolves names as core does, for every connection, so that one which leads to a private network a
 * moment later is refused then. Node does not ask it about addresses; `core.outbound.check` is for those.
 */
export function guardedLookup({ outbound }: Pick<Remote<CoreApi>, 'outbound'>): LookupFunction {
  return (host, options, callback) => {
    outbound.check(`https://${host}`).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first = { address: '', family: 0 }] = found
        if (options.all) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, []),
    )
  }
}

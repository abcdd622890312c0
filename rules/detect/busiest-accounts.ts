import type { Account } from './account.ts'
import type { AccountTally } from './detector.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import { windowNumber } from './windows.ts'

const MINUTE = windowNumber('1m')
const HOUR = windowNumber('1h')
const DAY = windowNumber('24h')

/** At most `limit` accounts, masked, most look-ups in the hour up to `nowMs` first. */
export function busiestAccounts(
  accounts: Iterable<Account>,
  counters: SlidingCounters,
  nowMs: number,
  limit: number,
  maskAccount: (account: string) => string,
): AccountTally[] {
  const busiest: { account: Account; lookups: number }[] = []
  for (const account of accounts) {
    const lookups = counters.readAt(account.slot, HOUR, 'lookups', nowMs)
    if (busiest.length === limit && lookups <= (busiest.at(-1)?.lookups ?? 0)) continue
    const at = busiest.findIndex((other) => other.lookups < lookups)
    busiest.splice(at === -1 ? busiest.length : at, 0, { account, lookups })
    if (busiest.length > limit) busiest.pop()
  }
  return busiest.map(({ account: { slot, name, facility } }) => ({
    account: maskAccount(name),
    facility,
    lookups1m: counters.readAt(slot, MINUTE, 'lookups', nowMs),
    lookups1h: counters.readAt(slot, HOUR, 'lookups', nowMs),
    lookups24h: counters.readAt(slot, DAY, 'lookups', nowMs),
  }))
}

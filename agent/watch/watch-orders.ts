import { join } from 'node:path'
import type { Detector, Verdict } from '../../rules/detect/detector.ts'
import { pardonEvidence } from '../../rules/detect/evidence.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { Log } from '../log/log.ts'
import type { AccountRelease, Orders } from '../orders/order.ts'
import type { FlagSource } from './flag-book.ts'

/** Where a person at this host says what `watch` is to do. */
export function watchOrders(stateDir: string): string {
  return join(stateDir, 'orders')
}

export interface WatchOrdersParts {
  readonly orders: Orders
  readonly detector: Pick<Detector, 'pardon' | 'nowMs'>
  readonly flags: Pick<FlagSource, 'live'>
  /** Has verdicts flagged and remembered, before the order goes. */
  readonly act: (verdicts: readonly Verdict[]) => Promise<void>
  readonly log: Log
}

/** Carries out what people at this host order, each time it is asked: accounts are released. Never throws. */
export function createWatchOrders({ orders, detector, flags, act, log }: WatchOrdersParts): () => Promise<void> {
  let told: string | undefined

  async function release({ id, account, why, by }: AccountRelease): Promise<void> {
    // A flag from before a restart may be of an account that nothing is counted of any more.
    const verdict = detector.pardon(account) ?? releaseOf(flags, account, detector.nowMs)
    if (verdict !== undefined) await act([verdict])
    log.warn({ id, account, why: hideIdentifiers(why), by, isKnown: verdict !== undefined }, 'account was released by hand')
    await orders.remove(id)
  }

  return async () => {
    const { orders: found, faults } = await orders.read()
    const [fault] = faults
    if (fault !== undefined && fault.message !== told) log.warn(fault, 'order of a person at this host was not taken')
    told = fault?.message
    for (const order of found) if (order.kind === 'account-release') await release(order)
  }
}

function releaseOf(flags: Pick<FlagSource, 'live'>, account: string, nowMs: number): Verdict | undefined {
  const flag = flags.live().find((held) => held.account === account)
  if (flag === undefined) return undefined
  const { facility, rule, sources } = flag
  const counted = { requests: 0, subjects: 0, evidence: pardonEvidence(nowMs), untilMs: undefined }
  return { account, facility: facility ?? undefined, rule, sources, atMs: nowMs, action: 'release', ...counted }
}

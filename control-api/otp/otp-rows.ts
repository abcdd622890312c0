import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type Asker, tidyGuesses } from './guess-rows.ts'
import type { PaceHistory } from './judge-pace.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** No limit looks further back than a day. */
const KEPT_MS = 2 * DAY_MS
/** No limit counts further than this; more rows need not be read. */
const MAX_COUNTED = 2000

export interface PaceQuery extends Asker {
  readonly phoneHash: string | null
  readonly nowMs: number
}

/** When codes were asked for, by whom and from where. A known source has limits of its own: what strangers do does not count for it. */
export async function paceHistory(
  db: Kysely<Tables>,
  { bhxhHash, phoneHash, sourceHash, isKnown, nowMs }: PaceQuery,
): Promise<PaceHistory> {
  const since = (ms: number) =>
    db
      .selectFrom('otp_request')
      .select(['requested_at_ms', 'source_hash', 'is_known'])
      .where('requested_at_ms', '>', nowMs - ms)
      .limit(MAX_COUNTED)
  const times = (rows: readonly { requested_at_ms: number }[]) => rows.map(({ requested_at_ms }) => requested_at_ms)
  const ofNumber = await since(DAY_MS).where('bhxh_hash', '=', bhxhHash).execute()
  // One that nobody has, where there is no phone: the same work is done for every number.
  const ofPhone = await since(HOUR_MS)
    .where('phone_hash', '=', phoneHash ?? '')
    .execute()
  const ofSource = await since(HOUR_MS).where('source_hash', '=', sourceHash).execute()
  const ofAll = await since(60_000).where('is_known', '=', 0).execute()
  const isOurs = (row: { source_hash: string; is_known: number }): boolean =>
    isKnown ? row.source_hash === sourceHash : row.is_known === 0
  return {
    pair: times(ofNumber.filter(({ source_hash }) => source_hash === sourceHash)),
    officer: times(ofNumber.filter(isOurs)),
    phone: times(ofPhone.filter(isOurs)),
    source: times(ofSource),
    all: isKnown ? [] : times(ofAll),
  }
}

/** Removes what no limit looks at any more; the audit log remembers. */
export async function tidyRequests(db: Kysely<Tables>, nowMs: number): Promise<void> {
  await db
    .deleteFrom('otp_request')
    .where('requested_at_ms', '<', nowMs - KEPT_MS)
    .execute()
  await tidyGuesses(db, nowMs)
}

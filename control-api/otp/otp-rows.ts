import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { PaceHistory } from './judge-pace.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Wrong codes are counted together within this. */
const WRONG_WINDOW_MS = HOUR_MS
/** No limit looks further back than a day. */
const KEPT_MS = 2 * DAY_MS
/** No limit counts further than this; more rows need not be read. */
const MAX_COUNTED = 2000

export interface PaceQuery {
  readonly bhxhHash: string
  readonly phoneHash: string | null
  readonly sourceHash: string
  readonly nowMs: number
}

/** When codes were asked for, by whom and from where. */
export async function paceHistory(
  db: Kysely<Tables>,
  { bhxhHash, phoneHash, sourceHash, nowMs }: PaceQuery,
): Promise<PaceHistory> {
  const since = (ms: number) =>
    db
      .selectFrom('otp_request')
      .select('requested_at_ms')
      .where('requested_at_ms', '>', nowMs - ms)
      .limit(MAX_COUNTED)
  const times = (rows: readonly { requested_at_ms: number }[]) => rows.map(({ requested_at_ms }) => requested_at_ms)
  return {
    officer: times(await since(DAY_MS).where('bhxh_hash', '=', bhxhHash).execute()),
    // One that nobody has, where there is no phone: the same work is done for every number.
    phone: times(
      await since(HOUR_MS)
        .where('phone_hash', '=', phoneHash ?? '')
        .execute(),
    ),
    source: times(await since(HOUR_MS).where('source_hash', '=', sourceHash).execute()),
    all: times(await since(60_000).execute()),
  }
}

/** Until when a BHXH number is locked; `undefined` where it is not. */
export async function lockedUntil(db: Kysely<Tables>, bhxhHash: string, nowMs: number): Promise<number | undefined> {
  const row = await db.selectFrom('otp_lock').select('until_ms').where('bhxh_hash', '=', bhxhHash).executeTakeFirst()
  const untilMs = row?.until_ms ?? 0
  return untilMs > nowMs ? untilMs : undefined
}

/** Counts a wrong code; the end of the lock where it was one too many. */
export async function noteWrong(
  db: Kysely<Tables>,
  bhxhHash: string,
  limits: { readonly wrongBeforeLock: number; readonly lockMinutes: number },
  nowMs: number,
): Promise<number | undefined> {
  const before = await db.selectFrom('otp_lock').selectAll().where('bhxh_hash', '=', bhxhHash).executeTakeFirst()
  const isFresh = before === undefined || before.until_ms !== null || nowMs - before.since_ms >= WRONG_WINDOW_MS
  const wrong = isFresh ? 1 : before.wrong + 1
  const untilMs = wrong >= limits.wrongBeforeLock ? nowMs + limits.lockMinutes * 60_000 : null
  const row = { bhxh_hash: bhxhHash, wrong, since_ms: isFresh ? nowMs : before.since_ms, until_ms: untilMs }
  await db
    .insertInto('otp_lock')
    .values(row)
    .onConflict((conflict) => conflict.column('bhxh_hash').doUpdateSet(row))
    .execute()
  return untilMs ?? undefined
}

/** A right code takes the count away. */
export async function noteRight(db: Kysely<Tables>, bhxhHash: string): Promise<void> {
  await db.deleteFrom('otp_lock').where('bhxh_hash', '=', bhxhHash).execute()
}

/** Removes what no limit looks at any more; the audit log remembers. */
export async function tidyRequests(db: Kysely<Tables>, nowMs: number): Promise<void> {
  await db
    .deleteFrom('otp_request')
    .where('requested_at_ms', '<', nowMs - KEPT_MS)
    .execute()
  await db
    .deleteFrom('otp_lock')
    .where('since_ms', '<', nowMs - KEPT_MS)
    .where((eb) => eb.or([eb('until_ms', 'is', null), eb('until_ms', '<', nowMs)]))
    .execute()
}

import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import type { GuessHistory } from './judge-guesses.ts'

const DAY_MS = 86_400_000
/** A source that an officer has not used for so long is a stranger's again. */
const KNOWN_MS = 90 * DAY_MS
/** No limit counts further than this; more rows need not be read. */
const MAX_COUNTED = 2000

/** Who asks or tries, from where. */
export interface Asker {
  readonly bhxhHash: string
  readonly sourceHash: string
  /** Whether a right code for this number came from there before, or it is an office's. */
  readonly isKnown: boolean
}

/** Whether a right code for this number came from this source lately. */
export async function isKnownSource(db: Kysely<Tables>, bhxhHash: string, sourceHash: string, nowMs: number): Promise<boolean> {
  const row = await db
    .selectFrom('otp_source')
    .select('used_at_ms')
    .where('bhxh_hash', '=', bhxhHash)
    .where('source_hash', '=', sourceHash)
    .executeTakeFirst()
  return row !== undefined && row.used_at_ms > nowMs - KNOWN_MS
}

/** When wrong codes came. The same work is done for every number and every source. */
export async function guessHistory(
  db: Kysely<Tables>,
  { bhxhHash, sourceHash, isKnown }: Asker,
  nowMs: number,
): Promise<GuessHistory> {
  const recent = () =>
    db
      .selectFrom('otp_wrong')
      .selectAll()
      .where('at_ms', '>', nowMs - DAY_MS)
      .orderBy('at_ms', 'desc')
      .limit(MAX_COUNTED)
  const ofNumber = (await recent().where('bhxh_hash', '=', bhxhHash).execute()).reverse()
  const ofSource = (await recent().where('source_hash', '=', sourceHash).execute()).reverse()
  const timesOf = (rows: readonly { at_ms: number }[]) => rows.map(({ at_ms }) => Math.min(at_ms, nowMs))
  const pair = timesOf(ofSource.filter((row) => row.bhxh_hash === bhxhHash))
  const strangers = timesOf(ofNumber.filter((row) => row.is_known === 0))
  return { pair, source: timesOf(ofSource), officer: isKnown ? pair : strangers }
}

/** Keeps a wrong code; how many there were for this number within a day, from anywhere. */
export async function noteWrong(db: Kysely<Tables>, asker: Asker, nowMs: number): Promise<number> {
  const { bhxhHash, sourceHash, isKnown } = asker
  await db
    .insertInto('otp_wrong')
    .values({ bhxh_hash: bhxhHash, source_hash: sourceHash, is_known: isKnown ? 1 : 0, at_ms: nowMs })
    .execute()
  return wrongOfDay(db, bhxhHash, nowMs)
}

export async function wrongOfDay(db: Kysely<Tables>, bhxhHash: string, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('otp_wrong')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('bhxh_hash', '=', bhxhHash)
    .where('at_ms', '>', nowMs - DAY_MS)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** A right code: what was mistyped there before does not count any more, and the source is known from now on. */
export async function noteRight(db: Kysely<Tables>, { bhxhHash, sourceHash }: Asker, nowMs: number): Promise<void> {
  await db.deleteFrom('otp_wrong').where('bhxh_hash', '=', bhxhHash).where('source_hash', '=', sourceHash).execute()
  const row = { bhxh_hash: bhxhHash, source_hash: sourceHash, used_at_ms: nowMs }
  await db
    .insertInto('otp_source')
    .values(row)
    .onConflict((conflict) => conflict.columns(['bhxh_hash', 'source_hash']).doUpdateSet({ used_at_ms: nowMs }))
    .execute()
}

/** Forgets all wrong codes for a number; how many there were. */
export async function forgetWrong(db: Kysely<Tables>, bhxhHash: string): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('otp_wrong').where('bhxh_hash', '=', bhxhHash).executeTakeFirst()
  return Number(numDeletedRows)
}

/** Removes what no limit looks at any more. */
export async function tidyGuesses(db: Kysely<Tables>, nowMs: number): Promise<void> {
  await db
    .deleteFrom('otp_wrong')
    .where('at_ms', '<', nowMs - 2 * DAY_MS)
    .execute()
  await db
    .deleteFrom('otp_source')
    .where('used_at_ms', '<', nowMs - KNOWN_MS)
    .execute()
}

import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Block } from '../../rules/addresses/block.ts'
import type { Tables } from '../store/tables.ts'
import { blockBounds, coversOf } from './block-bounds.ts'
import type { Holding } from './holding.ts'
import { HOLDING_STATES } from './registration.ts'

/** Blocks asked for in one query: well under SQLite's 32,766 and PostgreSQL's 65,535 parameters. */
const CHUNK = 2000

/** Every registration that holds one of `blocks`, a part of one, or more than one, at `atMs`. Each comes once. */
export async function findHoldings(db: Kysely<Tables>, blocks: Iterable<Block>, atMs: number): Promise<Holding[]> {
  const wanted = new Set(blocks)
  const sizes = (await db.selectFrom('registration').select('size').distinct().execute()).map((row) => row.size)
  const found = new Map<number, Holding>()
  const keep = (holdings: readonly Holding[]): void => {
    for (const holding of holdings) found.set(holding.id, holding)
  }
  const covers = [...new Set([...wanted].flatMap((block) => coversOf(block, sizes)))]
  for (let at = 0; at < covers.length; at += CHUNK) {
    keep(
      await holdingQuery(db, atMs)
        .where('block', 'in', covers.slice(at, at + CHUNK))
        .execute(),
    )
  }
  for (const block of wanted) {
    const { first, last } = blockBounds(block)
    if (first !== last) keep(await holdingQuery(db, atMs).where('first', '>=', first).where('first', '<=', last).execute())
  }
  return [...found.values()]
}

function holdingQuery(db: Kysely<Tables>, atMs: number) {
  return db
    .selectFrom('registration')
    .select((eb) => [
      'id',
      'facility',
      'facility_name as facilityName',
      'province',
      'block',
      'state',
      'shared_reason as sharedReason',
      'effective_from_ms as effectiveFromMs',
      'effective_until_ms as effectiveUntilMs',
      'cancel_import_id as cancelImportId',
      eb.fn.coalesce('approved_dispatch', 'endorsed_dispatch', 'registered_dispatch').as('dispatch'),
    ])
    .where((eb) => holdsAt(eb, atMs))
}

/** True for a registration that holds its block at `atMs`: asked for or open, and not run out. */
export function holdsAt(eb: ExpressionBuilder<Tables, 'registration'>, atMs: number) {
  return eb.and([
    eb('state', 'in', [...HOLDING_STATES]),
    eb.or([eb('effective_until_ms', 'is', null), eb('effective_until_ms', '>', atMs)]),
  ])
}

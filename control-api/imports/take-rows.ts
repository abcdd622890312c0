import type { Holding } from '../registrations/holding.ts'
import { insertRegistrations, nextRegistrationId } from '../registrations/insert-registrations.ts'
import type { Change } from '../registrations/registration.ts'
import { stepMany } from '../registrations/step-many.ts'
import { stepColumns } from '../registrations/take-step.ts'
import type { TakeOptions } from './import-form.ts'
import type { JudgedRow } from './judge-rows.ts'

/** Ids in one statement. */
const CHUNK = 5000

/**
 * Takes what was judged: additions are registered and endorsed (a form 02 is the province's word), cancels of what is not open yet are withdrawn,
 * cancels of what is open wait for the approval of the import.
 */
export async function takeRows(change: Change, judged: readonly JudgedRow[], options: TakeOptions): Promise<void> {
  const orders = judged.flatMap(({ order }) =>
    order === undefined ? [] : [{ ...order, carrier: order.read.carrier, place: order.read.place, note: order.read.note }],
  )
  const holdings = judged.flatMap(({ holding }) => holding ?? [])
  await askCancels(
    change,
    holdings.filter((holding) => holding.state === 'approved'),
    options,
  )
  await withdraw(
    change,
    holdings.filter((holding) => holding.state !== 'approved'),
    options,
  )
  const firstId = await nextRegistrationId(change)
  await insertRegistrations(change, orders, { firstId, auditSeq: options.auditSeq, importId: options.importId, isEndorsed: true })
}

/** What is open stays open until another person approves the import. */
async function askCancels(
  change: Change,
  holdings: readonly Holding[],
  { importId, dispatch, auditSeq }: TakeOptions,
): Promise<void> {
  const order = { step: 'ask-cancel', state: 'approved', dispatch, auditSeq, reason: `import ${importId}` } as const
  for (const ids of chunksOf(holdings)) await stepMany(change, { ids }, { ...order, columns: { cancel_import_id: importId } })
}

async function withdraw(
  change: Change,
  holdings: readonly Holding[],
  { importId, dispatch, auditSeq }: TakeOptions,
): Promise<void> {
  const order = { step: 'withdraw', state: 'withdrawn', dispatch, auditSeq, reason: `import ${importId}` } as const
  const columns = stepColumns('withdraw', change.actor.person, change.atMs, order)
  for (const ids of chunksOf(holdings)) await stepMany(change, { ids }, { ...order, columns })
}

function chunksOf(holdings: readonly Holding[]): number[][] {
  const ids = holdings.map((holding) => holding.id)
  return Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_none, index) => ids.slice(index * CHUNK, (index + 1) * CHUNK))
}

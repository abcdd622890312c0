import { ControlError } from '../http/control-error.ts'
import type { Actor, Store } from '../store/store.ts'
import { type Officer, shownEnd } from './officer-fields.ts'
import { enterOfficer, type OfficerParts } from './officers.ts'

/**
 * Puts an officer on the list of a province. What is refused because of another province is written down, although nothing was entered: central IT finds
 * it there, and whoever tries numbers leaves a trace for each. Gives the id.
 * @throws ControlError OTHER_PROVINCE, OFFICER_KNOWN, OFFICER_NEEDS_CENTRAL
 */
export async function enterTold(
  store: Store,
  actor: Actor,
  officer: Officer,
  dispatch: string,
  parts: OfficerParts,
): Promise<string> {
  try {
    return await store.transact(actor, (tx) => enterOfficer(tx, actor, officer, { dispatch, importId: null }, parts))
  } catch (error) {
    if (error instanceof ControlError && error.code === 'OFFICER_NEEDS_CENTRAL') await noteHeld(store, actor, [officer], dispatch)
    throw error
  }
}

/** One entry for what a province could not enter because of another one. */
export async function noteHeld(store: Store, actor: Actor, officers: readonly Officer[], dispatch: string): Promise<void> {
  const [first] = officers
  if (first === undefined) return
  await store.transact(actor, (tx) =>
    tx.audit({
      action: 'officer.held',
      target: `province/${first.province}`,
      dispatch,
      details: { officers: officers.length, bhxh: officers.slice(0, 100).map(({ bhxhCode }) => shownEnd(bhxhCode)) },
    }),
  )
}

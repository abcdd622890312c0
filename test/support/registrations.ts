import { onTestFinished } from 'vitest'
import type { Change, RegistrationOrder } from '../../control-api/registrations/registration.ts'
import { createSqliteStore } from '../../control-api/store/create-sqlite-store.ts'
import type { Actor, Store } from '../../control-api/store/store.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'

export const OPERATOR: Actor = { person: 'an', role: 'operator' }
export const APPROVER: Actor = { person: 'binh', role: 'approver' }
export const OTHER_APPROVER: Actor = { person: 'chi', role: 'approver' }

/** 2024-07-27T00:00+07:00: from here on only registered addresses connect. 1923/BHXH-CNTT §1a. */
export const START_MS = Date.UTC(2024, 6, 26, 17)

/** A registration order that only names what the test is about. */
export function anOrder(
  changed: Partial<Omit<RegistrationOrder, 'block'>> & { readonly block?: string } = {},
): RegistrationOrder {
  const { block = '14.160.12.34', ...rest } = changed
  return {
    facility: '01234',
    facilityName: 'Trạm y tế xã mẫu 01234',
    province: '01',
    block: parseBlock(block) as Block,
    carrier: 'VNPT',
    place: '',
    note: '',
    dispatch: '11/BHXH-CNTT',
    effectiveFromMs: START_MS,
    effectiveUntilMs: null,
    sharedReason: null,
    ...rest,
  }
}

export interface StoreInTest {
  readonly store: Store
  readonly clock: MovableClock
  change<T>(actor: Actor, work: (change: Change) => Promise<T>): Promise<T>
}

/** A store in memory that is gone when the running test ends. */
export async function aStore(): Promise<StoreInTest> {
  const clock = createMovableClock(START_MS)
  const store = await createSqliteStore({ path: ':memory:', clock })
  onTestFinished(() => store[Symbol.asyncDispose]())
  return {
    store,
    clock,
    change: (actor, work) => store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() })),
  }
}

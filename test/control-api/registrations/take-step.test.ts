import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import { approvalsAt } from '../../../control-api/registrations/approvals-at.ts'
import { readRegistration } from '../../../control-api/registrations/read-registration.ts'
import { register } from '../../../control-api/registrations/register.ts'
import type { RegistrationStep } from '../../../control-api/registrations/registration.ts'
import { takeStep } from '../../../control-api/registrations/take-step.ts'
import type { Actor } from '../../../control-api/store/store.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../../rules/addresses/registration-policy.ts'
import { APPROVER, anOrder, aStore, OPERATOR, OTHER_APPROVER, START_MS, type StoreInTest } from '../../support/registrations.ts'

const DAY_MS = 86_400_000
const put = (made: StoreInTest, changed: Parameters<typeof anOrder>[0] = {}, actor: Actor = OPERATOR) =>
  made.change(actor, (change) => register(change, anOrder(changed), DEFAULT_REGISTRATION_POLICY))
const step = (
  made: StoreInTest,
  actor: Actor,
  id: number,
  name: RegistrationStep,
  more: { version?: number; facility?: string } = {},
) => made.change(actor, (change) => takeStep(change, id, name, { dispatch: '12/CNTT', reason: 'because', ...more }))
const open = async (made: StoreInTest, changed: Parameters<typeof anOrder>[0] = {}) => {
  const id = await put(made, changed)
  await step(made, OPERATOR, id, 'endorse')
  await step(made, APPROVER, id, 'approve')
  return id
}
const blocksAt = async (made: StoreInTest, atMs: number) =>
  (await approvalsAt(made.store, atMs)).map((approval) => approval.block)

describe('register', () => {
  it.each([
    ['10.0.0.7', 'BLOCK_REFUSED', 'private'],
    ['14.160.0.0/16', 'BLOCK_REFUSED', 'wider than the policy takes'],
  ])('refuses %s with %s', async (block, code, _reason) => {
    const made = await aStore()
    await expect(put(made, { block })).rejects.toMatchObject({ code })
  })

  it('refuses a province that no code table of the day knows, and a period that is none', async () => {
    const made = await aStore()
    await expect(put(made, { province: '03' })).rejects.toMatchObject({ code: 'PROVINCE_UNKNOWN' })
    await expect(put(made, { effectiveUntilMs: START_MS })).rejects.toMatchObject({ code: 'PERIOD_REFUSED' })
    made.clock.moveTo(Date.UTC(2025, 7, 1))
    await expect(put(made, { province: '02' })).rejects.toMatchObject({ code: 'PROVINCE_UNKNOWN' })
  })

  it.each([
    ['14.160.12.34', 'the same address'],
    ['14.160.12.32/29', 'a prefix around it'],
  ])('shows both sides when another unit claims %s', async (block, _reason) => {
    const made = await aStore()
    const held = await put(made)
    await expect(put(made, { facility: '79001', block })).rejects.toMatchObject({
      code: 'HELD_BY_ANOTHER',
      facts: { claim: { facility: '79001', block }, holders: [{ id: held, facility: '01234', block: '14.160.12.34' }] },
    })
  })

  it('refuses an address inside the prefix of another unit, and what the unit holds itself', async () => {
    const made = await aStore()
    await put(made, { block: '2402:800:61::/48' })
    await expect(put(made, { facility: '79001', block: '2402:800:61::7' })).rejects.toMatchObject({ code: 'HELD_BY_ANOTHER' })
    await expect(put(made, { block: '2402:800:61::/48' })).rejects.toMatchObject({ code: 'ALREADY_HELD' })
    expect(await put(made, { block: '2402:800:61::7' })).toBe(2)
  })

  it('takes a shared exception with its reason and shows it on both registrations', async () => {
    const made = await aStore()
    const first = await put(made)
    const second = await put(made, { facility: '79001', sharedReason: 'one vendor cloud for both' })
    const seen = await made.store.read((db) => readRegistration(db, { person: 'an', role: 'operator' }, first, START_MS))
    expect(seen.overlaps).toMatchObject([{ id: second, facility: '79001', sharedReason: 'one vendor cloud for both' }])
  })

  it('lets the next unit have an address that was revoked, refused, withdrawn or has run out, and one after the other in time', async () => {
    const made = await aStore()
    await step(made, OPERATOR, await put(made, { block: '14.160.0.1' }), 'withdraw')
    await step(made, OPERATOR, await put(made, { block: '14.160.0.2' }), 'refuse')
    await step(made, APPROVER, await open(made, { block: '14.160.0.3' }), 'revoke')
    await put(made, { block: '14.160.0.4', effectiveUntilMs: START_MS + DAY_MS })
    for (const block of ['14.160.0.1', '14.160.0.2', '14.160.0.3']) await put(made, { facility: '79001', block })
    await expect(put(made, { facility: '79001', block: '14.160.0.4' })).rejects.toMatchObject({ code: 'HELD_BY_ANOTHER' })
    await put(made, { facility: '79001', block: '14.160.0.4', effectiveFromMs: START_MS + DAY_MS })
  })
})

describe('takeStep', () => {
  it('keeps every step with its person, dispatch and audit entry', async () => {
    const made = await aStore()
    const id = await open(made)
    await step(made, APPROVER, id, 'revoke')
    const seen = await made.store.read((db) => readRegistration(db, { person: 'an', role: 'operator' }, id, START_MS))
    expect(seen.history.map(({ step, state, by, version, auditSeq }) => [step, state, by, version, auditSeq])).toEqual([
      ['register', 'registered', 'an', 1, 1],
      ['endorse', 'endorsed', 'an', 2, 2],
      ['approve', 'approved', 'binh', 3, 3],
      ['revoke', 'revoked', 'binh', 4, 4],
    ])
    expect(seen.closed).toEqual({ by: 'binh', at: '2024-07-27T00:00:00+07:00', dispatch: '12/CNTT', reason: 'because' })
    expect(await verifyAudit(made.store)).toMatchObject({ kind: 'whole', head: { seq: 4 } })
  })

  it('refuses the approval of who registered, and of who endorsed', async () => {
    const made = await aStore()
    const id = await put(made, {}, APPROVER)
    await step(made, OTHER_APPROVER, id, 'endorse')
    for (const same of [APPROVER, OTHER_APPROVER]) {
      await expect(step(made, same, id, 'approve')).rejects.toMatchObject({ code: 'SAME_PERSON' })
    }
    expect(await blocksAt(made, START_MS)).toEqual([])
    await step(made, { person: 'dung', role: 'approver' }, id, 'approve')
    expect(await blocksAt(made, START_MS)).toEqual(['14.160.12.34'])
  })

  it.each<[RegistrationStep, RegistrationStep[]]>([
    ['approve', []],
    ['revoke', ['endorse']],
    ['endorse', ['endorse']],
    ['refuse', ['endorse', 'approve']],
    ['withdraw', ['endorse', 'approve']],
    ['approve', ['endorse', 'approve', 'revoke']],
    ['endorse', ['refuse']],
  ])('refuses %s after %j', async (name, before) => {
    const made = await aStore()
    const id = await put(made)
    for (const done of before) await step(made, done === 'endorse' ? OPERATOR : APPROVER, id, done)
    await expect(step(made, OTHER_APPROVER, id, name)).rejects.toMatchObject({ code: 'WRONG_STATE' })
  })

  it('refuses the second of two people who decided on the same version, and a unit that is not the holder', async () => {
    const made = await aStore()
    const id = await put(made)
    await step(made, OPERATOR, id, 'endorse', { version: 1 })
    await expect(step(made, OTHER_APPROVER, id, 'refuse', { version: 1 })).rejects.toMatchObject({
      code: 'VERSION_CHANGED',
      facts: { version: 2 },
    })
    await expect(step(made, OTHER_APPROVER, id, 'refuse', { facility: '79001' })).rejects.toMatchObject({
      code: 'NOT_THE_HOLDER',
    })
    await expect(step(made, OTHER_APPROVER, 99, 'refuse')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('approves the first holder although a shared exception came after it', async () => {
    const made = await aStore()
    const first = await put(made)
    const second = await put(made, { facility: '79001', sharedReason: 'one vendor cloud for both' })
    for (const id of [first, second]) {
      await step(made, OPERATOR, id, 'endorse')
      await step(made, APPROVER, id, 'approve')
    }
    expect(await approvalsAt(made.store, START_MS)).toMatchObject([
      { owner: { facility: '01234', dispatch: '12/CNTT' }, sharedException: false },
      { owner: { facility: '79001' }, sharedException: true },
    ])
  })
})

describe('approvalsAt', () => {
  it('gives what was in effect at an instant: approved, begun, not run out, not revoked', async () => {
    const made = await aStore()
    made.clock.moveTo(START_MS - DAY_MS)
    await open(made, { block: '14.160.0.1' })
    await open(made, { block: '14.160.0.2', effectiveUntilMs: START_MS + DAY_MS })
    const revoked = await open(made, { block: '14.160.0.3', effectiveFromMs: START_MS - DAY_MS })
    await put(made, { block: '14.160.0.4' })
    made.clock.moveTo(START_MS + 1000)
    await step(made, APPROVER, revoked, 'revoke')
    expect(await blocksAt(made, START_MS - 1)).toEqual(['14.160.0.3'])
    expect(await blocksAt(made, START_MS)).toEqual(['14.160.0.1', '14.160.0.2', '14.160.0.3'])
    expect(await blocksAt(made, START_MS + 1000)).toEqual(['14.160.0.1', '14.160.0.2'])
    expect(await blocksAt(made, START_MS + DAY_MS)).toEqual(['14.160.0.1'])
  })
})

import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import { importWorkbook } from '../../../control-api/imports/import-workbook.ts'
import { approvalsAt } from '../../../control-api/registrations/approvals-at.ts'
import { SAMPLE_SIZE, sampleRegistrations } from '../../../control-api/sample/sample-registrations.ts'
import { sampleWorkbook } from '../../../control-api/sample/sample-workbook.ts'
import { seedSample } from '../../../control-api/sample/seed-sample.ts'
import { DEFAULT_REGISTRATION_POLICY, judgeBlock } from '../../../rules/addresses/registration-policy.ts'
import { createLedger } from '../../../rules/ledger/create-ledger.ts'
import { provinceName } from '../../../rules/provinces/province-names.ts'
import { aStore, OPERATOR, START_MS } from '../../support/registrations.ts'

const AFTER_MERGER_MS = Date.UTC(2026, 0, 1)

describe('sampleRegistrations', () => {
  const sample = sampleRegistrations(1, SAMPLE_SIZE, AFTER_MERGER_MS)

  it('makes the size that was asked for, and the same for the same seed', () => {
    expect([sample.facilities.length, sample.orders.length]).toEqual([13_000, 25_000])
    const small = { facilities: 50, addresses: 120 }
    expect(sampleRegistrations(7, small, START_MS)).toEqual(sampleRegistrations(7, small, START_MS))
    expect(sampleRegistrations(8, small, START_MS)).not.toEqual(sampleRegistrations(7, small, START_MS))
  })

  it('makes blocks that may be registered, in provinces of the day, with several kinds of block and some shared', () => {
    for (const order of sample.orders) judgeBlock(order.block, DEFAULT_REGISTRATION_POLICY)
    expect(sample.facilities.filter((facility) => provinceName(facility.province, AFTER_MERGER_MS) === undefined)).toEqual([])
    const { orders } = sample
    expect(orders.filter((order) => order.sharedReason !== null).length).toBeGreaterThan(20)
    expect(orders.filter((order) => order.block.includes(':')).length).toBeGreaterThan(500)
    expect(orders.filter((order) => order.block.includes('/29')).length).toBeGreaterThan(200)
    expect(new Set(sample.facilities.map((facility) => facility.code)).size).toBe(13_000)
  })

  it('makes visits with a median near 10 and a long tail', () => {
    const visits = sample.facilities.map((facility) => facility.dailyVisits).sort((a, b) => a - b)
    expect(visits[6500]).toBeGreaterThanOrEqual(9)
    expect(visits[6500]).toBeLessThanOrEqual(11)
    expect(visits.at(-1)).toBeGreaterThan(3000)
  })

  it('makes no conflict that the ledger would refuse', () => {
    const ledger = createLedger()
    for (const [index, order] of sample.orders.slice(0, 14_000).entries()) {
      const { block, facility, province, dispatch } = order
      ledger.approve({
        id: String(index),
        block,
        owner: { facility, province, dispatch },
        effectiveFromMs: 0,
        effectiveUntilMs: undefined,
        sharedException: order.sharedReason !== null,
      })
    }
    expect(ledger.size).toBe(14_000)
  })
})

describe('seedSample', () => {
  it('puts all of it in as approved, audited, once', async () => {
    const { store, clock } = await aStore()
    const progress: number[] = []
    const options = { seed: 1, facilities: 300, addresses: 600, clock, onProgress: (approved: number) => progress.push(approved) }
    expect(await seedSample(store, options)).toBe(600)
    expect(await seedSample(store, options)).toBe(0)
    expect(await approvalsAt(store, clock.nowMs())).toHaveLength(600)
    expect(progress).toEqual([600])
    expect(await verifyAudit(store)).toMatchObject({ kind: 'whole', head: { seq: 2 } })
    const visits = await store.read((db) => db.selectFrom('facility').select('daily_visits').execute())
    expect(visits.every((row) => (row.daily_visits ?? 0) > 0)).toBe(true)
  })
})

describe('sampleWorkbook', () => {
  it('is taken without a refused row', async () => {
    const { store, clock } = await aStore()
    const file = sampleWorkbook(3, 200, START_MS)
    const parts = { store, clock, randomBytes: (size: number) => new Uint8Array(size) }
    const { importId, isTaken } = await importWorkbook(parts, OPERATOR, file, { dispatch: '11/BHXH', accept: 'all' })
    const row = await store.read((db) => db.selectFrom('import').selectAll().where('id', '=', importId).executeTakeFirstOrThrow())
    expect([isTaken, row.adds, row.refused]).toEqual([true, 200, 0])
  })
})

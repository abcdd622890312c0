import { describe, expect, it } from 'vitest'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import type { Approval } from '../../../rules/ledger/approval.ts'
import { createLedger } from '../../../rules/ledger/create-ledger.ts'
import { departureOf } from '../../../rules/ledger/departure-of.ts'
import { differenceOfEntries } from '../../../rules/ledger/difference-of-entries.ts'
import { anEntry, anOwner } from '../../support/allow-lists.ts'
import { codeOf } from '../../support/code-of.ts'

/** An approval of facility 01234 for 8.8.8.8, from 0 on without end. */
function anApproval(fields: Partial<Omit<Approval, 'block'>> & { block?: string; facility?: string } = {}): Approval {
  const { block = '8.8.8.8', facility = '01234', ...rest } = fields
  return {
    id: 'a',
    owner: anOwner({ facility }),
    effectiveFromMs: 0,
    effectiveUntilMs: undefined,
    ...rest,
    block: parseBlock(block),
  }
}

describe('approve', () => {
  it.each<[what: string, candidate: Approval, code: string | undefined]>([
    ['another block', anApproval({ id: 'b', facility: '79001', block: '8.8.8.9' }), undefined],
    ['the same block for another facility', anApproval({ id: 'b', facility: '79001' }), 'BLOCK_HELD'],
    ['a block around it', anApproval({ id: 'b', facility: '79001', block: '8.8.8.0/24' }), 'BLOCK_HELD'],
    ['the same block as a shared exception', anApproval({ id: 'b', facility: '79001', sharedException: true }), undefined],
    [
      'a block around it as a shared exception',
      anApproval({ id: 'b', facility: '79001', block: '8.0.0.0/8', sharedException: true }),
      undefined,
    ],
    ['the same block for the same facility', anApproval({ id: 'b' }), undefined],
    ['the same id', anApproval(), 'APPROVAL_TWICE'],
    ['an end before the beginning', anApproval({ id: 'b', effectiveFromMs: 5, effectiveUntilMs: 4 }), 'APPROVAL_PERIOD'],
    ['a beginning that is no instant', anApproval({ id: 'b', effectiveFromMs: Number.NaN }), 'APPROVAL_PERIOD'],
    ['no facility', anApproval({ id: 'b', facility: '1234' }), 'APPROVAL_OWNER'],
    ['no dispatch', anApproval({ id: 'b', owner: anOwner({ dispatch: '' }) }), 'APPROVAL_OWNER'],
  ])('%s', (_what, candidate, code) => {
    const ledger = createLedger([anApproval()])
    expect(codeOf(() => ledger.approve(candidate))).toBe(code)
    expect(ledger.size).toBe(code === undefined ? 2 : 1)
  })

  it('lets another facility follow at the instant at which the first one ends', () => {
    const ledger = createLedger([anApproval({ effectiveUntilMs: 1000 })])
    expect(codeOf(() => ledger.approve(anApproval({ id: 'b', facility: '79001', effectiveFromMs: 999 })))).toBe('BLOCK_HELD')
    ledger.approve(anApproval({ id: 'b', facility: '79001', effectiveFromMs: 1000 }))
    expect([999, 1000].map((atMs) => ledger.allowListAt(atMs))).toEqual([
      [anEntry('8.8.8.8', {})],
      [anEntry('8.8.8.8', { facility: '79001' })],
    ])
  })
})

describe('conflictsWith', () => {
  it('gives both sides and how they lie, inside and around', () => {
    const held = [
      anApproval({ block: '8.8.8.0/24' }),
      anApproval({ id: 'b', facility: '01235', block: '8.8.8.8', sharedException: true }),
    ]
    const ledger = createLedger(held)
    const candidate = anApproval({ id: 'c', facility: '79001', block: '8.8.8.8/30' })
    expect(ledger.conflictsWith(candidate)).toEqual([
      { candidate, held: held[0], relation: 'inside', isAllowed: false },
      { candidate, held: held[1], relation: 'around', isAllowed: false },
    ])
  })
})

describe('revoke', () => {
  it('ends an approval at its instant and keeps it for the record', () => {
    const ledger = createLedger([anApproval()])
    expect(ledger.revoke('a', 500)).toEqual(anApproval({ effectiveUntilMs: 500 }))
    expect([499, 500].map((atMs) => ledger.allowListAt(atMs).length)).toEqual([1, 0])
    expect(ledger.find('a')?.effectiveUntilMs).toBe(500)
  })

  it('lets one that had not begun never begin', () => {
    const ledger = createLedger([anApproval({ effectiveFromMs: 1000 })])
    expect(ledger.revoke('a', 500).effectiveUntilMs).toBe(1000)
    expect(ledger.allowListAt(1000)).toEqual([])
  })

  it('refuses an id it does not know, and to move an end later', () => {
    const ledger = createLedger([anApproval({ effectiveUntilMs: 100 })])
    expect(codeOf(() => ledger.revoke('b', 50))).toBe('APPROVAL_UNKNOWN')
    expect(codeOf(() => ledger.revoke('a', 101))).toBe('APPROVAL_ENDED')
    expect(codeOf(() => ledger.revoke('a', 50.5))).toBe('APPROVAL_PERIOD')
    expect(ledger.find('a')?.effectiveUntilMs).toBe(100)
  })
})

describe('holdersAt', () => {
  it('gives whoever opens all of the block then, the widest first', () => {
    const wide = anApproval({ id: 'wide', block: '8.8.8.0/24', facility: '79001' })
    const exact = anApproval({ id: 'exact', sharedException: true })
    const past = anApproval({ id: 'past', effectiveUntilMs: 10, facility: '01235' })
    const ledger = createLedger([exact, past, wide])
    expect(ledger.holdersAt(parseBlock('8.8.8.8'), 10)).toEqual([wide, exact])
    expect(ledger.holdersAt(parseBlock('8.8.8.0/25'), 10)).toEqual([wide])
    expect(ledger.holdersAt(parseBlock('8.8.9.0'), 10)).toEqual([])
  })
})

describe('departureOf', () => {
  it('tells apart what others keep, what a wider block still opens, and what closes', () => {
    const approvals = [
      anApproval({ id: 'shared-1', block: '8.8.8.8' }),
      anApproval({ id: 'shared-2', block: '8.8.8.8', facility: '79001' }),
      anApproval({ id: 'inside', block: '9.9.9.9' }),
      anApproval({ id: 'around', block: '9.9.9.0/24', facility: '79001' }),
      anApproval({ id: 'cover', block: '11.0.0.0/24' }),
      anApproval({ id: 'under', block: '11.0.0.7', facility: '79001' }),
      anApproval({ id: 'alone', block: '2405::1' }),
    ]
    const departure = departureOf(approvals, (approval) => approval.owner.facility === '01234', 0)
    expect(departure).toEqual({
      remaining: [
        anEntry('8.8.8.8', { facility: '79001' }),
        anEntry('9.9.9.0/24', { facility: '79001' }),
        anEntry('11.0.0.7', { facility: '79001' }),
      ],
      kept: [anEntry('8.8.8.8', { facility: '79001' })],
      covered: ['9.9.9.9'],
      closed: ['11.0.0.0/24', '2405::1'],
    })
  })
})

describe('differenceOfEntries', () => {
  it('tells new, gone and differently held apart', () => {
    const from = [anEntry('8.8.8.0/24'), anEntry('8.8.8.8', {}, { facility: '79001' }), anEntry('9.9.9.9'), anEntry('2405::1')]
    const to = [anEntry('8.8.8.0/25'), anEntry('8.8.8.8', {}), anEntry('9.9.9.9'), anEntry('2405::2')]
    expect(differenceOfEntries(from, to)).toEqual({
      added: [anEntry('8.8.8.0/25'), anEntry('2405::2')],
      removed: [anEntry('8.8.8.0/24'), anEntry('2405::1')],
      changed: [{ before: anEntry('8.8.8.8', {}, { facility: '79001' }), after: anEntry('8.8.8.8', {}) }],
    })
    expect(differenceOfEntries(from, from)).toEqual({ added: [], removed: [], changed: [] })
    expect(differenceOfEntries([], to).added).toEqual(to)
    expect(differenceOfEntries(from, []).removed).toEqual(from)
  })
})

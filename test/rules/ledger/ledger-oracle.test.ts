import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockSet } from '../../../rules/addresses/block-set.ts'
import { differenceOf } from '../../../rules/addresses/block-set-difference.ts'
import { blocksOf } from '../../../rules/addresses/block-set-lines.ts'
import { hasAddress } from '../../../rules/addresses/block-set-lookup.ts'
import { createBlockSet, EMPTY_BLOCK_SET } from '../../../rules/addresses/create-block-set.ts'
import type { Approval } from '../../../rules/ledger/approval.ts'
import { createLedger, type Ledger } from '../../../rules/ledger/create-ledger.ts'
import { findConflicts } from '../../../rules/ledger/find-conflicts.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { anOwner, revisionBytes } from '../../support/allow-lists.ts'
import { type PlacedBlock, placedBlock, UNIVERSE } from '../../support/block-universe.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'

const FACILITIES = ['01001', '01002', '79001', '79002'] as const
const END_MS = 40

/** What the ledger is held against: for each address of the universe and each instant the list of facilities, filled cell by cell. No trees, no order, no masks. */
class NaiveLedger {
  readonly placed = new Map<string, { from: number; until: number; facility: string; fromMs: number; untilMs: number }>()

  facilitiesAt(cell: number, atMs: number): string[] {
    const names = new Set<string>()
    for (const { from, until, facility, fromMs, untilMs } of this.placed.values()) {
      if (from <= cell && cell < until && fromMs <= atMs && atMs < untilMs) names.add(facility)
    }
    return [...names].sort()
  }
  /** Facilities other than `facility` that hold any of the cells at any instant of the period. */
  othersIn({ from, until }: PlacedBlock, facility: string, fromMs: number, untilMs: number): string[] {
    const meeting = [...this.placed.values()].filter(
      (one) =>
        one.facility !== facility &&
        one.from < until &&
        from < one.until &&
        one.fromMs < untilMs &&
        fromMs < one.untilMs &&
        one.fromMs < one.untilMs,
    )
    return [...new Set(meeting.map((one) => one.facility))].sort()
  }
}

describe('ledger', () => {
  it('agrees with a naive oracle on every address after every step of seeded sequences, and so does the kernel that is fed the differences', () => {
    const seen = { approved: 0, refused: 0, shared: 0, revoked: 0 }
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createSeeded(seed)
        const ledger = createLedger()
        const naive = new NaiveLedger()
        const kernel = new Set<string>()
        let held: BlockSet = EMPTY_BLOCK_SET
        for (let atMs = 0; atMs < END_MS; atMs += 1) {
          if (random.below(3) > 0) tryApproval(random, ledger, naive, atMs, seen)
          else revokeOne(random, ledger, naive, atMs, seen)
          held = follow(ledger, naive, atMs, kernel, held)
        }
      }),
      { seed: 20240727, numRuns: 15 },
    )
    // The sequences would prove little if one of these never happened.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
  })
})

function tryApproval(
  random: Seeded,
  ledger: Ledger,
  naive: NaiveLedger,
  atMs: number,
  seen: Record<'approved' | 'refused' | 'shared', number>,
): void {
  const place = placedBlock(random)
  const facility = FACILITIES[random.below(FACILITIES.length)] ?? FACILITIES[0]
  const fromMs = atMs + random.below(4)
  const untilMs = random.below(3) === 0 ? fromMs + 1 + random.below(8) : undefined
  const approval: Approval = {
    id: `${atMs}`,
    block: place.block,
    owner: anOwner({ facility, province: facility.slice(0, 2) }),
    effectiveFromMs: fromMs,
    effectiveUntilMs: untilMs,
    sharedException: random.below(2) === 0,
  }
  const others = naive.othersIn(place, facility, fromMs, untilMs ?? Number.POSITIVE_INFINITY)
  const conflicts = ledger.conflictsWith(approval)
  expect([...new Set(conflicts.map((conflict) => conflict.held.owner.facility))].sort()).toEqual(others)
  const all = [...naive.placed.keys()].map((id) => ledger.find(id)).filter((one) => one !== undefined)
  expect(new Set(findConflicts(approval, all).map((conflict) => conflict.held.id))).toEqual(
    new Set(conflicts.map((conflict) => conflict.held.id)),
  )
  const isRefused = others.length > 0 && approval.sharedException !== true
  expect(codeOf(() => ledger.approve(approval))).toBe(isRefused ? 'BLOCK_HELD' : undefined)
  seen[isRefused ? 'refused' : 'approved'] += 1
  if (isRefused) return
  if (others.length > 0) seen.shared += 1
  naive.placed.set(approval.id, { ...place, facility, fromMs, untilMs: untilMs ?? Number.POSITIVE_INFINITY })
}

function revokeOne(random: Seeded, ledger: Ledger, naive: NaiveLedger, atMs: number, seen: Record<'revoked', number>): void {
  const living = [...naive.placed].filter(([, one]) => one.untilMs > atMs)
  const [id, one] = living[random.below(Math.max(1, living.length))] ?? []
  if (id === undefined || one === undefined) return
  ledger.revoke(id, atMs)
  one.untilMs = Math.max(atMs, one.fromMs)
  seen.revoked += 1
}

/** Compares list, signed document, set and kernel with the oracle at `atMs`; gives the set that the kernel holds now. */
function follow(ledger: Ledger, naive: NaiveLedger, atMs: number, kernel: Set<string>, held: BlockSet): BlockSet {
  const entries = ledger.allowListAt(atMs)
  const document = parseAllowDocument(revisionBytes({ entries }))
  const { added, removed } = differenceOf(held, document.approved)
  for (const block of blocksOf(removed)) if (!kernel.delete(block)) expect.fail(`${block} is not in the kernel`)
  for (const block of blocksOf(added)) {
    if (kernel.has(block)) expect.fail(`${block} is in the kernel already`)
    kernel.add(block)
  }
  expect(kernel).toEqual(new Set(blocksOf(document.approved)))
  expect(document.approved).toEqual(createBlockSet(entries.map((entry) => entry.block)))
  const open = UNIVERSE.map((address) => hasAddress(document.approved, address))
  const holders = UNIVERSE.map((address) =>
    [...new Set(ledger.holdersAt(address, atMs).map((approval) => approval.owner.facility))].sort(),
  )
  const expected = UNIVERSE.map((_, cell) => naive.facilitiesAt(cell, atMs))
  expect(holders).toEqual(expected)
  expect(open).toEqual(expected.map((names) => names.length > 0))
  return document.approved
}

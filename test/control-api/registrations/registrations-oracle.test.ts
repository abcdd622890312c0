import { describe, expect, it } from 'vitest'
import { approvalsAt } from '../../../control-api/registrations/approvals-at.ts'
import { register } from '../../../control-api/registrations/register.ts'
import type { RegistrationState, RegistrationStep } from '../../../control-api/registrations/registration.ts'
import { takeStep } from '../../../control-api/registrations/take-step.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../../rules/addresses/registration-policy.ts'
import { createLedger } from '../../../rules/ledger/create-ledger.ts'
import { type PlacedBlock, placedBlock, UNIVERSE } from '../../support/block-universe.ts'
import { APPROVER, anOrder, aStore, OPERATOR } from '../../support/registrations.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'

const STEPS: readonly RegistrationStep[] = [
  ...Array.from({ length: 5 }, () => 'endorse' as const),
  ...Array.from({ length: 5 }, () => 'approve' as const),
  'revoke',
  'refuse',
  'withdraw',
]
const FACILITIES = ['01234', '01235', '79001', '79002']

/** A registration as a clerk with a paper list would keep it. */
interface Paper extends PlacedBlock {
  readonly facility: string
  readonly isShared: boolean
  state: RegistrationState
}

/** A clerk that looks at every line of the list and at every single address. */
function createClerk() {
  const papers: Paper[] = []
  const holds = (paper: Paper) => ['registered', 'endorsed', 'approved'].includes(paper.state)
  const meets = (a: PlacedBlock, b: PlacedBlock) =>
    UNIVERSE.some((_address, at) => at >= a.from && at < a.until && at >= b.from && at < b.until)
  return {
    papers,
    register(paper: Paper): string {
      const others = papers.filter((other) => holds(other) && meets(other, paper))
      if (others.some((other) => other.facility === paper.facility && other.block === paper.block)) return 'ALREADY_HELD'
      if (!paper.isShared && others.some((other) => other.facility !== paper.facility)) return 'HELD_BY_ANOTHER'
      papers.push(paper)
      return 'done'
    },
    step(paper: Paper, step: RegistrationStep): string {
      const before: Record<RegistrationStep, RegistrationState[]> = {
        endorse: ['registered'],
        approve: ['endorsed'],
        revoke: ['approved'],
        refuse: ['registered', 'endorsed'],
        withdraw: ['registered', 'endorsed'],
      }
      if (!before[step].includes(paper.state)) return 'WRONG_STATE'
      paper.state = (
        { endorse: 'endorsed', approve: 'approved', revoke: 'revoked', refuse: 'refused', withdraw: 'withdrawn' } as const
      )[step]
      return 'done'
    },
    /** Who may come from each address of the universe. */
    open: () =>
      UNIVERSE.map((_address, at) =>
        [
          ...new Set(
            papers
              .filter((paper) => paper.state === 'approved' && at >= paper.from && at < paper.until)
              .map((paper) => paper.facility),
          ),
        ].sort(),
      ),
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? 'no code',
  )
}

function aPaper(random: Seeded): Paper {
  return {
    ...placedBlock(random),
    facility: FACILITIES[random.below(FACILITIES.length)] ?? '01234',
    isShared: random.below(8) === 0,
    state: 'registered',
  }
}

describe('registrations through the store agree with a clerk who looks at every address', () => {
  it.each([1, 2, 3, 4])('over a random sequence, seed %i', async (seed) => {
    const random = createSeeded(seed)
    const made = await aStore()
    const clerk = createClerk()
    let refusals = 0
    for (let turn = 0; turn < 250; turn += 1) {
      made.clock.moveBy(1)
      if (random.below(2) === 0 || clerk.papers.length === 0) {
        const paper = aPaper(random)
        const { facility, block } = paper
        const order = anOrder({ facility, block, sharedReason: paper.isShared ? 'one cloud for both' : null })
        const done = await codeOf(made.change(OPERATOR, (change) => register(change, order, DEFAULT_REGISTRATION_POLICY)))
        const expected = clerk.register(paper)
        expect([turn, block, done]).toEqual([turn, block, expected])
        if (expected !== 'done') refusals += 1
      } else {
        const index = random.below(clerk.papers.length)
        const paper = clerk.papers[index]
        const step = STEPS[random.below(STEPS.length)] ?? 'endorse'
        if (paper === undefined) throw new RangeError('the clerk has no such paper')
        const actor = step === 'endorse' ? OPERATOR : APPROVER
        const done = await codeOf(
          made.change(actor, (change) => takeStep(change, index + 1, step, { dispatch: '1/X', reason: null })),
        )
        expect([turn, step, done]).toEqual([turn, step, clerk.step(paper, step)])
      }
    }
    const atMs = made.clock.nowMs()
    const ledger = createLedger(await approvalsAt(made.store, atMs))
    const open = UNIVERSE.map((address) =>
      [...new Set(ledger.holdersAt(address, atMs).map((approval) => approval.owner.facility))].sort(),
    )
    expect(open).toEqual(clerk.open())
    expect(refusals).toBeGreaterThan(10)
    expect(open.flat().length).toBeGreaterThan(10)
  })
})

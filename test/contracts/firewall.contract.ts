import assert from 'node:assert/strict'
import type { Firewall } from '../../agent/firewall/firewall.ts'
import { FirewallError, type FirewallErrorCode } from '../../agent/firewall/firewall-error.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'

/** A firewall with nothing in force, and eyes for what it does. */
export interface FirewallUnderTest {
  readonly firewall: Firewall
  /** Whether a new connection from `address` to guarded port 80 passes; absent where nothing judges packets. */
  readonly wouldPass?: (address: string) => Promise<boolean>
  /** Our rules go away behind the firewall's back; absent where nobody else can. */
  readonly tamper?: () => Promise<void>
}

/** One promise of `Firewall`: vitest and tap both run it with a fresh subject. */
export interface FirewallCase {
  readonly name: string
  readonly run: (subject: FirewallUnderTest) => Promise<void>
}

/** Sources the subject can judge, all global and on nobody's list. A real network gives them to clients. */
export const CONTRACT_SOURCES = { first4: '20.1.0.1', first6: '2400:1::1', second4: '20.2.0.2', second6: '2400:2::2' } as const
const { first4, first6, second4, second6 } = CONTRACT_SOURCES

/** What every `Firewall` promises. */
export const FIREWALL_CONTRACT: readonly FirewallCase[] = [
  {
    name: 'inForce: nothing before the first program',
    run: async ({ firewall }) => assert.equal(await firewall.inForce(), undefined),
  },
  {
    name: 'apply: what was applied is in force, word for word',
    run: async ({ firewall }) => {
      const program = aProgram({ revision: 412, mode: 'observe', approve: [first4] })
      await firewall.apply(program)
      assert.deepEqual(await firewall.inForce(), { revision: 412, digest: program.digest, mode: 'observe' })
    },
  },
  {
    name: 'apply: twice is once',
    run: async ({ firewall }) => {
      const program = aProgram({ approve: [first4, '20.3.0.0/24', first6, '2400:3::/48'], manage: ['10.0.0.0/8', 'fd00::/8'] })
      await firewall.apply(program)
      await firewall.apply(program)
      await assertInForce(firewall, program)
    },
  },
  {
    name: 'apply: the next revision takes the place of the last, smaller, larger or other',
    run: async (subject) => {
      const lists = [[first4], [first4, second4, first6], ['20.0.0.0/14'], [second6, '20.2.0.0/24'], [], [first4, first6]]
      for (const [index, approve] of lists.entries()) {
        const program = aProgram({ revision: index + 1, approve })
        await subject.firewall.apply(program)
        await assertInForce(subject.firewall, program)
        await assertPasses(subject, first4, approve.includes(first4) || approve.includes('20.0.0.0/14'))
        await assertPasses(subject, first6, approve.includes(first6))
        await assertPasses(subject, second6, approve.includes(second6))
      }
    },
  },
  {
    name: 'apply: an older revision is taken too; who may go back is judged above',
    run: async ({ firewall }) => {
      await firewall.apply(aProgram({ revision: 9, approve: [first4] }))
      const older = aProgram({ revision: 8, approve: [second4] })
      await firewall.apply(older)
      await assertInForce(firewall, older)
    },
  },
  {
    name: 'apply: on a throw, what was in force still is',
    run: async (subject) => {
      const good = aProgram({ approve: [first4] })
      await subject.firewall.apply(good)
      await assertFails(subject.firewall.apply(aProgram({ revision: 2, interfaces: ['eth0" accept #'] })), 'REFUSED')
      await assertInForce(subject.firewall, good)
      await assertPasses(subject, first4, true)
      await assertPasses(subject, second4, false)
    },
  },
  {
    name: 'apply: every other setting takes effect in place',
    run: async (subject) => {
      const list = { approve: [first4, first6] }
      const programs = [
        aProgram({ ...list, revision: 1 }),
        aProgram({ ...list, revision: 1, mode: 'observe' }),
        aProgram({ ...list, revision: 2, hooks: ['forward', 'input'] }),
        aProgram({ ...list, revision: 3, guarded: { tcp: [80], udp: [] } }),
        aProgram({ ...list, revision: 4, guarded: { tcp: [8080], udp: [443] }, refuse: 'drop' }),
        aProgram({ ...list, revision: 5, interfaces: ['eth9', 'ens1.100'] }),
        aProgram({ ...list, revision: 6, manage: [second4] }),
        aProgram({ ...list, revision: 7 }),
      ]
      const passes = [false, true, false, false, true, true, true, false]
      for (const [index, program] of programs.entries()) {
        await subject.firewall.apply(program)
        await assertInForce(subject.firewall, program)
        // The fake knows no interfaces.
        if (program.interfaces.length === 0) await assertPasses(subject, second4, passes[index] ?? false)
      }
    },
  },
  {
    name: 'check: judges and changes nothing',
    run: async ({ firewall }) => {
      const good = aProgram({ approve: [first4] })
      await firewall.check(good)
      assert.equal(await firewall.inForce(), undefined)
      await firewall.apply(good)
      await firewall.check(aProgram({ revision: 2, approve: [second4] }))
      await assertFails(firewall.check(aProgram({ revision: 3, digest: 'x' })), 'REFUSED')
      await assertInForce(firewall, good)
    },
  },
  {
    name: 'setBlocked: refuses an approved source and nothing else, and lets it in again',
    run: async (subject) => {
      const program = aProgram({ approve: [first4, first6, second4] })
      await subject.firewall.apply(program)
      await subject.firewall.setBlocked(blocksFrom([first4, first6]).map((block) => ({ block, remainingMs: 3_600_000 })))
      await assertInForce(subject.firewall, program)
      await assertPasses(subject, first4, false)
      await assertPasses(subject, first6, false)
      await assertPasses(subject, second4, true)
      await subject.firewall.setBlocked([])
      await assertPasses(subject, first4, true)
      await assertPasses(subject, first6, true)
    },
  },
  {
    name: 'setBlocked: the next program brings its own blocks',
    run: async (subject) => {
      const [block] = blocksFrom(['20.1.0.0/16'])
      assert.ok(block)
      await subject.firewall.apply(aProgram({ approve: [first4, second4] }))
      await subject.firewall.setBlocked([{ block, remainingMs: 3_600_000 }])
      const kept = aProgram({ revision: 2, approve: [first4, second4], blocked: [{ block, remainingMs: 3_600_000 }] })
      await subject.firewall.apply(kept)
      await assertPasses(subject, first4, false)
      await subject.firewall.apply({ ...kept, revision: 3, blocked: [] })
      await assertPasses(subject, first4, true)
    },
  },
  {
    name: 'setBlocked: with nothing in force there is nothing to change',
    run: ({ firewall }) => assertFails(firewall.setBlocked([]), 'NOT_IN_FORCE'),
  },
  {
    name: 'a block holds in observe too, a management prefix always passes',
    run: async (subject) => {
      const blocked = blocksFrom([first4, second4]).map((block) => ({ block, remainingMs: 3_600_000 }))
      await subject.firewall.apply(aProgram({ mode: 'observe', manage: [second4], blocked }))
      await assertPasses(subject, first4, false)
      await assertPasses(subject, second4, true)
      await assertPasses(subject, second6, true)
    },
  },
  {
    name: 'opened: a source that is let in by hand passes whatever the list and the blocks say, and is shut out by the next program without it',
    run: async (subject) => {
      const opened = blocksFrom([first4]).map((block) => ({ block, remainingMs: 60_000 }))
      const blocked = opened.map((one) => ({ ...one }))
      await subject.firewall.apply(aProgram({ approve: [second4], opened, blocked }))
      await assertPasses(subject, first4, true)
      await subject.firewall.apply(aProgram({ revision: 2, approve: [second4, first6], opened }))
      await assertPasses(subject, first4, true)
      await assertPasses(subject, second6, false)
      await subject.firewall.apply(aProgram({ revision: 2, approve: [second4, first6] }))
      await assertPasses(subject, first4, false)
      await assertPasses(subject, second4, true)
    },
  },
  {
    name: 'calls queue: of many at once the last one asked for is in force',
    run: async ({ firewall }) => {
      const programs = Array.from({ length: 6 }, (_, index) =>
        aProgram({ revision: index + 1, approve: [`20.9.0.${index + 1}`] }),
      )
      await Promise.all(programs.map((program) => firewall.apply(program)))
      await assertInForce(firewall, programs[5] ?? assert.fail())
    },
  },
  {
    name: 'seen: at most as many as asked for',
    run: async ({ firewall }) => {
      await firewall.apply(aProgram({ approve: [first4] }))
      assert.ok((await firewall.seen(1)).length <= 1)
      assert.deepEqual(await firewall.seen(0), [])
      assert.equal(await firewall.unlisted(), 0)
    },
  },
  {
    name: 'remove: takes all away, and again is no fault',
    run: async (subject) => {
      await subject.firewall.remove()
      await subject.firewall.apply(aProgram({ approve: [first4] }))
      await subject.firewall.remove()
      await subject.firewall.remove()
      assert.equal(await subject.firewall.inForce(), undefined)
      await assertPasses(subject, second4, true)
    },
  },
  {
    name: 'apply: repairs what somebody else took away',
    run: async (subject) => {
      if (subject.tamper === undefined) return
      const program = aProgram({ approve: [first4] })
      await subject.firewall.apply(program)
      await subject.tamper()
      assert.equal(await subject.firewall.inForce(), undefined)
      await subject.firewall.apply(program)
      await assertInForce(subject.firewall, program)
      await assertPasses(subject, second4, false)
      await subject.tamper()
      const next = aProgram({ revision: 2, approve: [first6] })
      await subject.firewall.apply(next)
      await assertInForce(subject.firewall, next)
      await assertPasses(subject, second4, false)
    },
  },
]

async function assertInForce(firewall: Firewall, { revision, digest, mode }: FilterProgram): Promise<void> {
  assert.deepEqual(await firewall.inForce(), { revision, digest, mode })
}

async function assertPasses({ wouldPass }: FirewallUnderTest, address: string, expected: boolean): Promise<void> {
  if (wouldPass !== undefined) assert.equal(await wouldPass(address), expected, `${address} passes`)
}

async function assertFails(work: Promise<unknown>, code: FirewallErrorCode): Promise<void> {
  await assert.rejects(work, (error: unknown) => error instanceof FirewallError && error.code === code)
}

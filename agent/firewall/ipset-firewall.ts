import { EMPTY_BLOCK_SET } from '../../rules/addresses/create-block-set.ts'
import type { About } from '../../rules/firewall/about.ts'
import { compileIpset, compileIpsetTimed } from '../../rules/firewall/compile-ipset.ts'
import { compileIpsetDelta, findIpsetDeltaObstacle } from '../../rules/firewall/compile-ipset-delta.ts'
import {
  beginChange,
  endTimedChange,
  FAMILIES,
  type Family,
  fitsIntoLists,
  markName,
  seenSetName,
} from '../../rules/firewall/ipset-layout.ts'
import { sampleText } from '../../rules/firewall/ipset-sample.ts'
import { hasSameIptablesRules, removeText, replaceText } from '../../rules/firewall/iptables-rules.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { createQueue } from '../process/create-queue.ts'
import type { RunProgram } from '../process/run-program.ts'
import { assertBlockable, assertCompilable } from './assert-compilable.ts'
import type { Firewall } from './firewall.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'
import type { Look } from './found-drift.ts'
import { findDifference, type Left, leave, leaveNext } from './ipset-left.ts'
import { findMarked, findWhole, hooksFound, hostOf, type IpsetState, listNames } from './ipset-state.ts'
import { createIpsetTools } from './ipset-tools.ts'
import type { IptablesVariant } from './iptables-variant.ts'
import { parseSavedSeen, parseSavedUnlisted } from './read-ipset.ts'
import { busiest } from './read-seen.ts'

export interface IpsetFirewallOptions {
  readonly run: RunProgram
  /** What `findIptablesVariant` found. */
  readonly variant: IptablesVariant
  /** One call of one tool. 120,000 if not given. */
  readonly timeoutMs?: number
  /** Told when a change did not fit what the kernel holds, so that all of it is replaced, and when something of ours could not be cleared away. */
  readonly onMisfit?: (error: FirewallError) => void
  /** A clock that only runs forward, for what leaves the lists by itself. */
  readonly monotonicMs?: () => number
}

/** Faults of a change that a whole program may cure. */
const MISFITS: ReadonlySet<FirewallErrorCode> = new Set(['REFUSED', 'NOT_IN_FORCE', 'UNSUPPORTED'])
/** How many hosts and prefixes of each family a look asks for. */
const SAMPLE = 16

/** The kernel's ipset and iptables through their tools, one call after another. Needs CAP_NET_ADMIN and CAP_NET_RAW (`-m set` opens a raw socket). */
export function createIpsetFirewall({
  run,
  variant,
  timeoutMs = 120_000,
  onMisfit = () => undefined,
  monotonicMs = () => performance.now(),
}: IpsetFirewallOptions): Firewall {
  const queue = createQueue()
  let left: Left | undefined
  let looks = 0
  const tools = createIpsetTools({
    run,
    variant,
    timeoutMs,
    onCutOff() {
      // Nobody knows now what the kernel took.
      left = undefined
    },
  })

  /** Destroys what is ours, not named by the rules in force and not their mark. */
  const clearOthers = async (doing: string, { generations, program }: Left, { sets }: IpsetState): Promise<void> => {
    const kept = [...listNames(generations), markName(program, generations)]
    await tools.destroySets(
      doing,
      [...sets.keys()].filter((name) => !kept.includes(name)),
    )
  }

  /** Back to what `before` found, after the other family was refused. */
  const takeBack = async (doing: string, family: Family, before: IpsetState): Promise<void> => {
    const { jumps } = await tools.readFamily(family)
    const { rules, chains, jumps: jumpsBefore } = before.families[family]
    await tools.restoreRules(
      doing,
      family,
      chains.length > 0 ? replaceText(rules, jumps, hooksFound(jumpsBefore)) : removeText(jumps),
    )
  }

  /** The lists and nothing else. That nobody has been at the rules is looked up after, so that the change does not wait for it. */
  const applyDelta = async (from: Left, program: FilterProgram): Promise<boolean> => {
    if (!isComparable(from, program)) return false
    const doing = `Cannot change revision ${from.program.revision} into ${program.revision}`
    const sinceMs = monotonicMs()
    try {
      await tools.restoreSets(doing, compileIpsetDelta(from.program, program, from.generations).sets)
    } catch (error) {
      if (!(error instanceof FirewallError && MISFITS.has(error.code))) throw error
      onMisfit(error)
      return false
    }
    const next = leaveNext(from, program, sinceMs)
    if (findDifference(next, await tools.readState(), monotonicMs()) !== undefined) return false
    left = next
    return true
  }

  const applyWhole = async (program: FilterProgram): Promise<void> => {
    const doing = `Cannot apply revision ${program.revision}`
    const before = await tools.readState()
    const { sets, rules } = compileIpset(program, hostOf(before))
    const sinceMs = monotonicMs()
    await tools.restoreSets(doing, sets)
    await tools.restoreRules(doing, 4, rules[4])
    try {
      await tools.restoreRules(doing, 6, rules[6])
    } catch (error) {
      if (error instanceof FirewallError && error.code !== 'NOT_FINISHED') await takeBack(doing, 4, before)
      throw error
    }
    const after = await tools.readState()
    const now = leftIn(doing, program, rules, after, sinceMs, monotonicMs())
    left = now
    try {
      await clearOthers(doing, now, after)
    } catch (error) {
      // The program is in force all the same.
      if (!(error instanceof FirewallError)) throw error
      onMisfit(error)
    }
  }

  /** What the marks say, read back; for a process that has put nothing in force itself. */
  const readAbout = async (state: IpsetState): Promise<About | undefined> => {
    const whole = findWhole(state)
    for (const mark of whole?.marks ?? []) {
      const about = whole && findMarked(await tools.saveSet('Cannot read what is in force', mark), whole.generations)
      if (about !== undefined) return about
    }
    return undefined
  }

  /** Whether some elements are where they were put. */
  const sample = async ({ program, generations }: Left): Promise<Look> => {
    looks += 1
    const text = sampleText(program.approved, generations, looks, SAMPLE)
    if (text === '' || (await tools.areThere('Cannot look into the lists', text))) return 'right'
    return { kind: 'elements-removed', what: 'an approved element is not in its list' }
  }

  return {
    backend: 'ipset',

    // ipset has no way to judge without doing. Where this kernel took the same rules before, only lists change; else the rules are tried on empty lists. What is too much
    // for the kernel is seen when `apply` fills the lists, which it does beside those in force.
    check: (program) =>
      queue(async () => {
        assertCompilable(program)
        if (left !== undefined && hasSameIptablesRules(left.program, program)) return
        const doing = `Cannot accept revision ${program.revision}`
        const state = await tools.readState()
        const empty = { ...program, approved: EMPTY_BLOCK_SET, management: EMPTY_BLOCK_SET, blocked: [], opened: [] }
        const { sets, rules } = compileIpset(empty, hostOf(state))
        // With both generations named by rules that somebody meddled with, there is none to fill without changing anything.
        const hasRoom = FAMILIES.every((family) => state.families[family].named.length < 2)
        try {
          if (hasRoom) await tools.restoreSets(doing, sets)
          for (const family of FAMILIES) await tools.restoreRules(doing, family, rules[family], ['--test'])
        } finally {
          const { sets: found } = await tools.readState()
          await tools.destroySets(
            doing,
            [...found.keys()].filter((name) => !state.sets.has(name)),
          )
        }
      }),

    // A whole apply makes every list and chain anew, whatever is doubted.
    apply: (program, { doubt } = {}) =>
      queue(async () => {
        assertCompilable(program)
        const from = doubt === undefined ? left : undefined
        if (from !== undefined && (await applyDelta(from, program))) return
        left = undefined
        await applyWhole(program)
      }),

    setBlocked: (blocked) =>
      queue(async () => {
        assertBlockable(blocked)
        const doing = 'Cannot replace the blocked sources'
        const generations = left?.generations ?? findWhole(await tools.readState())?.generations
        if (generations === undefined) throw new FirewallError('NOT_IN_FORCE', `${doing}: our rules are not in the kernel`)
        const sinceMs = monotonicMs()
        const swaps = compileIpsetTimed('block', blocked, generations)
        // Nothing is changed where anything else is in force than was left.
        const marked = left && [beginChange(left.program, generations), ...swaps, endTimedChange(left.program, generations)]
        await tools.restoreSets(doing, marked ?? swaps)
        if (left !== undefined) left = leaveNext(left, { ...left.program, blocked }, sinceMs)
      }),

    inForce: () =>
      queue(async () => {
        const state = await tools.readState()
        if (left === undefined) return await readAbout(state)
        if (findDifference(left, state, monotonicMs()) !== undefined) return undefined
        const { revision, digest, mode } = left.program
        return { revision, digest, mode }
      }),

    look: () =>
      queue(async () => {
        if (left === undefined) return 'unknown'
        return findDifference(left, await tools.readState(), monotonicMs()) ?? (await sample(left))
      }),

    // Not in the queue: it reads for a while and changes nothing.
    seen: async (limit) => {
      const read = (family: Family) => tools.saveSet('Cannot read the refused sources', seenSetName(family), { priority: 'low' })
      const lists = await Promise.all(FAMILIES.map(async (family) => parseSavedSeen(await read(family))))
      return busiest(lists.flat(), limit)
    },

    unlisted: async () => {
      const saved = await Promise.all(FAMILIES.map((family) => tools.saveRules('Cannot read the refused sources', family)))
      return saved.reduce((sum, text) => sum + parseSavedUnlisted(text), 0)
    },

    remove: () =>
      queue(async () => {
        left = undefined
        const doing = 'Cannot remove our rules'
        const { families, sets } = await tools.readState()
        for (const family of FAMILIES) {
          const { chains, jumps } = families[family]
          if (chains.length > 0) await tools.restoreRules(doing, family, removeText(jumps))
        }
        await tools.destroySets(doing, [...sets.keys()])
      }),
  }
}

/** @throws FirewallError NOT_IN_FORCE where `after` is not `program` */
function leftIn(
  doing: string,
  program: FilterProgram,
  rules: Readonly<Record<Family, string>>,
  after: IpsetState,
  sinceMs: number,
  nowMs: number,
): Left {
  const whole = findWhole(after)
  const left = whole && leave(program, whole.generations, after, sinceMs)
  const hasAllRules = FAMILIES.every(
    (family) => after.families[family].rules.length === (rules[family].match(/^-A EDGEWARD/gm) ?? []).length,
  )
  const difference = left && findDifference(left, after, nowMs)
  if (left !== undefined && hasAllRules && difference === undefined) return left
  throw new FirewallError(
    'NOT_IN_FORCE',
    `${doing}: the tools took it, but the kernel does not hold it (${difference?.what ?? 'the rules are not whole'}); somebody else changes our rules`,
  )
}

function isComparable({ program, base }: Left, next: FilterProgram): boolean {
  const fits = fitsIntoLists(base.approved, next.approved) && fitsIntoLists(base.management, next.management)
  return fits && findIpsetDeltaObstacle(program, next) === undefined
}

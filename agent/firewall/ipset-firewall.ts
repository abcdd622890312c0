import { setTimeout as pause } from 'node:timers/promises'
import { compileIpset, compileIpsetTimed, destroyText, type IpsetTexts } from '../../rules/firewall/compile-ipset.ts'
import { compileIpsetDelta, findIpsetDeltaObstacle } from '../../rules/firewall/compile-ipset-delta.ts'
import {
  CHANGE_SET,
  FAMILIES,
  type Family,
  fitsIntoLists,
  LIST_KINDS,
  listSetName,
  seenSetName,
} from '../../rules/firewall/ipset-layout.ts'
import { removeText, replaceText } from '../../rules/firewall/iptables-rules.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { createQueue } from '../process/create-queue.ts'
import { ProgramError } from '../process/program-error.ts'
import type { ProgramFile, ProgramOptions, ProgramResult, RunProgram } from '../process/run-program.ts'
import { assertBlockable, assertCompilable } from './assert-compilable.ts'
import type { Firewall } from './firewall.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'
import { ipsetFault, isStillInUse } from './ipset-fault.ts'
import { findWhole, hooksFound, hostOf, type IpsetState, readFamilyState, readSets, type WholeState } from './ipset-state.ts'
import { type IptablesVariant, iptablesFile } from './iptables-variant.ts'
import { runFault } from './nft-fault.ts'
import { parseSavedSeen } from './read-ipset.ts'
import { busiest } from './read-seen.ts'

export interface IpsetFirewallOptions {
  readonly run: RunProgram
  /** What `findIptablesVariant` found. */
  readonly variant: IptablesVariant
  /** One call of one tool. 120,000 if not given. */
  readonly timeoutMs?: number
  /** Told when a change did not fit what the kernel holds, so that all of it is replaced, and when something of ours could not be cleared away. */
  readonly onMisfit?: (error: FirewallError) => void
}

/** The program that this process put in force, with what shows whether somebody else has been there since. */
interface Left {
  readonly program: FilterProgram
  /** What the lists were created for: deltas must fit. */
  readonly base: FilterProgram
  readonly shape: string
}

/** Faults of a change that a whole program may cure. */
const MISFITS: ReadonlySet<FirewallErrorCode> = new Set(['REFUSED', 'NOT_IN_FORCE', 'UNSUPPORTED'])
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
/** Seconds to wait for another iptables (legacy) to be done. */
const LOCK_WAIT_S = '30'
/** How long old rules may hold their sets. */
const CLEAR = { attempts: 25, pauseMs: 20 } as const

/** The kernel's ipset and iptables through their tools, one call after another. Needs CAP_NET_ADMIN and CAP_NET_RAW (`-m set` opens a raw socket). */
export function createIpsetFirewall({
  run,
  variant,
  timeoutMs = 120_000,
  onMisfit = () => undefined,
}: IpsetFirewallOptions): Firewall {
  const queue = createQueue()
  let left: Left | undefined

  const tryTool = async (
    doing: string,
    file: ProgramFile,
    args: readonly string[],
    options: ProgramOptions = {},
  ): Promise<ProgramResult> => {
    try {
      return await run(file, args, { timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, ...options })
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      const fault = runFault(doing, error)
      // Nobody knows now what the kernel took.
      if (fault.code === 'NOT_FINISHED') left = undefined
      throw fault
    }
  }

  const tool: (...call: Parameters<typeof tryTool>) => Promise<string> = async (doing, file, args, options) => {
    const { exitCode, stdout, stderr } = await tryTool(doing, file, args, options)
    if (exitCode !== 0) throw ipsetFault(doing, file, stderr)
    return stdout
  }

  const restoreSets = (doing: string, input: Iterable<string>): Promise<string> => tool(doing, 'ipset', ['restore'], { input })

  const restoreRules = (doing: string, family: Family, text: string, args: readonly string[] = []): Promise<string> =>
    tool(doing, iptablesFile(variant, family, 'restore'), ['--noflush', '-w', LOCK_WAIT_S, ...args], { input: [text] })

  const readFamily = async (family: Family) =>
    readFamilyState(await tool('Cannot read what is in force', iptablesFile(variant, family, 'save'), ['-t', 'filter']), family)

  const listSets = async () => readSets(await tool('Cannot read what is in force', 'ipset', ['list', '-terse']))

  const readState = async (): Promise<IpsetState> => {
    const [v4, v6, sets] = await Promise.all([readFamily(4), readFamily(6), listSets()])
    return { families: { 4: v4, 6: v6 }, sets }
  }

  /** Destroys what is ours and not to be kept. */
  const clearSets = async (doing: string, kept: readonly string[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const names = [...(await listSets()).keys()].filter((name) => !kept.includes(name))
      // The mark of a change first: the others may have to wait.
      const inOrder = names.sort((a, b) => Number(b === CHANGE_SET) - Number(a === CHANGE_SET))
      const { exitCode, stderr } = await tryTool(doing, 'ipset', ['restore'], { input: [destroyText(inOrder)] })
      if (exitCode === 0) return
      if (!isStillInUse(stderr) || attempt === CLEAR.attempts) throw ipsetFault(doing, 'ipset', stderr)
      await pause(CLEAR.pauseMs)
    }
  }

  const clearOthers = async (doing: string, families: IpsetState['families']): Promise<void> => {
    const kept = FAMILIES.flatMap((family) => {
      const { generation } = families[family]
      const lists = generation === undefined ? [] : LIST_KINDS.map((kind) => listSetName(kind, family, generation))
      return [...lists, seenSetName(family)]
    })
    await clearSets(doing, kept)
  }

  /** Back to what `before` found, after the other family was refused. */
  const takeBack = async (doing: string, family: Family, before: IpsetState): Promise<void> => {
    const { jumps } = await readFamily(family)
    const { rules, hasChains, jumps: jumpsBefore } = before.families[family]
    await restoreRules(doing, family, hasChains ? replaceText(rules, jumps, hooksFound(jumpsBefore)) : removeText(jumps))
  }

  const applyTexts = async (doing: string, texts: IpsetTexts, before: IpsetState): Promise<void> => {
    await restoreSets(doing, texts.before)
    await restoreRules(doing, 4, texts.rules[4])
    try {
      await restoreRules(doing, 6, texts.rules[6])
    } catch (error) {
      if (error instanceof FirewallError && error.code !== 'NOT_FINISHED') await takeBack(doing, 4, before)
      throw error
    }
    await restoreSets(doing, texts.after)
  }

  const applyDelta = async (from: Left, program: FilterProgram, state: IpsetState, whole: WholeState): Promise<boolean> => {
    const fits = fitsIntoLists(from.base.approved, program.approved) && fitsIntoLists(from.base.management, program.management)
    if (!fits || findIpsetDeltaObstacle(from.program, program) !== undefined) return false
    const familyOf = (family: Family) => ({ generation: whole.generations[family], jumps: state.families[family].jumps })
    const texts = compileIpsetDelta(from.program, program, { 4: familyOf(4), 6: familyOf(6) })
    const doing = `Cannot change revision ${from.program.revision} into ${program.revision}`
    try {
      await applyTexts(doing, texts, state)
      left = { ...from, program, shape: wholeOf(doing, program, await readState()).shape }
      return true
    } catch (error) {
      if (!(error instanceof FirewallError && MISFITS.has(error.code))) throw error
      onMisfit(error)
      return false
    }
  }

  const applyWhole = async (program: FilterProgram): Promise<void> => {
    const doing = `Cannot apply revision ${program.revision}`
    const before = await readState()
    await applyTexts(doing, compileIpset(program, hostOf(before)), before)
    const after = await readState()
    // The mark of a delta that was cut off goes with the list that it was about.
    const sets = new Map([...after.sets].filter(([name]) => name !== CHANGE_SET))
    const { shape } = wholeOf(doing, program, { ...after, sets })
    left = { program, base: program, shape }
    try {
      await clearOthers(doing, after.families)
    } catch (error) {
      // The program is in force all the same.
      if (!(error instanceof FirewallError)) throw error
      onMisfit(error)
    }
  }

  return {
    backend: 'ipset',

    // ipset has no way to judge without doing: the lists are filled beside those in force and destroyed again.
    check: (program) =>
      queue(async () => {
        assertCompilable(program)
        const doing = `Cannot accept revision ${program.revision}`
        const state = await readState()
        const texts = compileIpset(program, hostOf(state))
        // With both generations named by rules that somebody meddled with, there is none to fill without changing anything.
        const hasRoom = FAMILIES.every((family) => state.families[family].named.length < 2)
        try {
          if (hasRoom) await restoreSets(doing, texts.before)
          for (const family of FAMILIES) await restoreRules(doing, family, texts.rules[family], ['--test'])
        } finally {
          await clearSets(doing, [...state.sets.keys()])
        }
      }),

    // A whole apply makes every list and chain anew, whatever is doubted.
    apply: (program, { doubt } = {}) =>
      queue(async () => {
        assertCompilable(program)
        const from = doubt === undefined ? left : undefined
        if (from !== undefined) {
          const state = await readState()
          const whole = findWhole(state)
          const isOurs = whole !== undefined && isAsLeft(whole, from)
          if (isOurs && (await applyDelta(from, program, state, whole))) return
        }
        left = undefined
        await applyWhole(program)
      }),

    setBlocked: (blocked) =>
      queue(async () => {
        assertBlockable(blocked)
        const doing = 'Cannot replace the blocked sources'
        const whole = findWhole(await readState())
        if (whole === undefined) throw new FirewallError('NOT_IN_FORCE', `${doing}: our rules are not in the kernel`)
        await restoreSets(doing, compileIpsetTimed('block', blocked, whole.generations))
        if (left !== undefined) left = { ...left, program: { ...left.program, blocked } }
      }),

    inForce: () =>
      queue(async () => {
        const whole = findWhole(await readState())
        if (whole === undefined || (left !== undefined && !isAsLeft(whole, left))) return undefined
        return whole.about
      }),

    // Not in the queue: it reads for a while and changes nothing.
    seen: async (limit) => {
      const lists = await Promise.all(
        FAMILIES.map(async (family) =>
          parseSavedSeen(
            await tool('Cannot read the refused sources', 'ipset', ['save', seenSetName(family)], { priority: 'low' }),
          ),
        ),
      )
      return busiest(lists.flat(), limit)
    },

    remove: () =>
      queue(async () => {
        left = undefined
        const doing = 'Cannot remove our rules'
        for (const family of FAMILIES) {
          const { hasChains, jumps } = await readFamily(family)
          if (hasChains) await restoreRules(doing, family, removeText(jumps))
        }
        await clearSets(doing, [])
      }),
  }
}

/** @throws FirewallError NOT_IN_FORCE where `state` is not `program` */
function wholeOf(doing: string, program: FilterProgram, state: IpsetState): WholeState {
  const whole = findWhole(state)
  if (whole !== undefined && isAbout(whole, program)) return whole
  throw new FirewallError(
    'NOT_IN_FORCE',
    `${doing}: the tools took it, but the kernel does not hold it; somebody else changes our rules`,
  )
}

function isAsLeft(whole: WholeState, { program, shape }: Left): boolean {
  return whole.shape === shape && isAbout(whole, program)
}

function isAbout({ about }: WholeState, program: FilterProgram): boolean {
  return about.revision === program.revision && about.digest === program.digest && about.mode === program.mode
}

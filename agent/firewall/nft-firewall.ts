import { findBridge } from '../../rules/firewall/bridge-program.ts'
import { compileNft } from '../../rules/firewall/compile-nft.ts'
import { compileNftBatch, compileNftBlockedBatch } from '../../rules/firewall/compile-nft-batch.ts'
import { compileNftBlocked, compileNftDelta, findDeltaObstacle, hasSameRules } from '../../rules/firewall/compile-nft-delta.ts'
import { compileNftHosts } from '../../rules/firewall/compile-nft-hosts.ts'
import {
  compileNftChains,
  compileNftFirst,
  compileNftOver,
  compileNftRefill,
  compileNftSettle,
  type NftSteps,
} from '../../rules/firewall/compile-nft-staged.ts'
import { fitsInto, NFT_TABLE, SEEN_SETS } from '../../rules/firewall/nft-layout.ts'
import { hooksOf } from '../../rules/firewall/nft-rules.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import type { OpenNetlink } from '../netlink/open-netlink.ts'
import { createQueue } from '../process/create-queue.ts'
import { ProgramError } from '../process/program-error.ts'
import type { ProgramOptions, RunProgram } from '../process/run-program.ts'
import { assertBlockable, assertCompilable } from './assert-compilable.ts'
import { compileIntervalRepair, INTERVAL_SETS } from './compile-interval-repair.ts'
import { createDirectChanges } from './direct-changes.ts'
import type { ApplyOptions, Doubt, Firewall, InForce } from './firewall.ts'
import { FirewallError, type FirewallErrorCode } from './firewall-error.ts'
import { nftFault, runFault } from './nft-fault.ts'
import { findNftState, findRemains, findStanding, type NftFound, type NftState } from './nft-state.ts'
import { busiest, parseSeen, parseUnlisted } from './read-seen.ts'

export interface NftFirewallOptions {
  readonly run: RunProgram
  /** One change; a million hosts take some seconds. 120,000 if not given. */
  readonly timeoutMs?: number
  /** Told when a change did not fit what the kernel holds, so that all of it is replaced: somebody else has been at our table. */
  readonly onMisfit?: (error: FirewallError) => void
  /** Where it is given, small changes and the elements of whole lists go straight to the kernel, without an nft. */
  readonly netlink?: OpenNetlink | undefined
  /** Told once where changes cannot: from then on every one starts an nft. */
  readonly onGivenUp?: (why: string) => void
  /** Names a chain that comes and goes within a change that goes straight to the kernel, so that a listener knows it for ours. */
  readonly mark?: () => string
}

/** The program that this process put in force, with what shows whether somebody else has been there since. */
interface Left {
  readonly program: FilterProgram
  /** What the host sets were made for: deltas must fit. */
  readonly base: FilterProgram
  readonly shape: string
  /** The ruleset's number when it was seen to be so; while the kernel says the same, nobody has changed anything. */
  readonly generation: number | undefined
}

/** Ten times 16,384 refused sources as JSON. */
const MAX_SEEN_BYTES = 16 * 1024 * 1024
/** Faults of a change that a whole program may cure. */
const MISFITS: ReadonlySet<FirewallErrorCode> = new Set(['REFUSED', 'NOT_IN_FORCE', 'UNSUPPORTED'])
const HOST_SETS = ['host4', 'host6']
const MAX_RULESET_BYTES = 64 * 1024 * 1024

/** The kernel's nftables through nft(8), one call after another. Needs CAP_NET_ADMIN. */
export function createNftFirewall(options: NftFirewallOptions): Firewall {
  const { run, timeoutMs = 120_000, onMisfit = () => undefined, onGivenUp = () => undefined, mark } = options
  const queue = createQueue()
  const direct = createDirectChanges({ open: options.netlink, onGivenUp, onMisfit })
  let left: Left | undefined

  const nft = async (doing: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> => {
    try {
      const { exitCode, stdout, stderr } = await run('nft', args, { timeoutMs, ...options })
      if (exitCode !== 0) throw nftFault(doing, stderr)
      return stdout
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      const fault = runFault(doing, error)
      // Nobody knows now whether the kernel took it.
      if (fault.code === 'NOT_FINISHED') left = undefined
      throw fault
    }
  }

  const readRuleset = (): Promise<string> =>
    nft('Cannot read what is in force', ['--json', '--terse', 'list', 'ruleset', 'inet'], { maxOutputBytes: MAX_RULESET_BYTES })

  const readState = async (): Promise<NftState | undefined> => findNftState(await readRuleset())

  /** False where the kernel does not take `chunks`, so that something else must be tried; throws where trying again would help nothing. */
  const isTaken = async (doing: string, chunks: Iterable<string>, flags: readonly string[] = []): Promise<boolean> => {
    try {
      await nft(doing, [...flags, '-f', '-'], { input: chunks })
      return true
    } catch (error) {
      return tellMisfit(error)
    }
  }

  /** False, where something else may be tried. @throws `error`, where trying again would help nothing */
  const tellMisfit = (error: unknown): false => {
    if (!(error instanceof FirewallError && MISFITS.has(error.code))) throw error
    onMisfit(error)
    return false
  }

  /** Straight to the kernel, else by nft. */
  const isFilled = async (doing: string, { before, fill }: NftSteps): Promise<boolean> => {
    const outcome = await direct.fill(doing, () => fill({ mark: mark?.() }), timeoutMs)
    if (outcome === 'done') return true
    // As after an nft that did not end: the kernel may take it yet, whatever nft is told meanwhile.
    if (outcome === 'unknown')
      throw new FirewallError('NOT_FINISHED', `${doing}: the kernel did not say whether it took the list`)
    return isTaken(doing, before)
  }

  const areTaken = async (doing: string, steps: NftSteps): Promise<boolean> => {
    const { switch: change, after } = steps
    if (!(await isFilled(doing, steps)) || !(await isTaken(doing, change))) return false
    if (after === undefined) return true
    const text = after(findStanding(await readRuleset()))
    return text !== undefined && isTaken(doing, [text])
  }

  /** The state with the ruleset's number; without one where somebody changed something meanwhile, or it cannot be had. */
  const readStateAt = async (): Promise<{ state: NftState | undefined; generation: number | undefined }> => {
    const before = await direct.generation()
    const state = await readState()
    return { state, generation: before === (await direct.generation()) ? before : undefined }
  }

  /** As `isTaken`, for the change from `from` to `program`: straight to the kernel where it is small, else by nft. */
  const isDeltaTaken = async (
    doing: string,
    from: FilterProgram,
    program: FilterProgram,
    isJudgedOnly = false,
  ): Promise<boolean> => {
    const outcome = await direct.send(doing, compileNftBatch(from, program, { mark: mark?.() }), { isJudgedOnly })
    if (outcome !== 'unable') return outcome === 'done'
    return isTaken(doing, compileNftDelta(from, program), isJudgedOnly ? ['--check'] : [])
  }

  /**
   * The kernel itself refuses a delta where another list is in force. That nobody has been at the rules is looked up after, so that the change does not wait for it;
   * where the ruleset's number is the next one, nobody can have been.
   */
  const applyDelta = async (from: Left, program: FilterProgram): Promise<boolean> => {
    if (!isComparable(from, program)) return false
    const bridge = findBridge(from.program, program)
    return bridge === undefined
      ? applyStep(from, program)
      : (await applyStep(from, bridge)) && left !== undefined && applyStep(left, program)
  }

  const applyStep = async (from: Left, program: FilterProgram): Promise<boolean> => {
    const isRuled = hasSameRules(from.program, program)
    // Afterwards the rules differ anyhow.
    if (!isRuled && !isAsLeft(await readState(), from)) return false
    const doing = `Cannot change revision ${from.program.revision} into ${program.revision}`
    if (!(await isDeltaTaken(doing, from.program, program))) return false
    if (isRuled && (await isNext(from))) {
      left = { ...from, program, generation: after(from.generation) }
      return true
    }
    const { state, generation } = await readStateAt()
    if (state === undefined || !isAbout(state, program) || (isRuled && state.shape !== from.shape)) return false
    left = { ...from, program, shape: state.shape, generation }
    return true
  }

  /** True where one change was made since `from` and no other. */
  const isNext = async ({ generation }: Left): Promise<boolean> =>
    generation !== undefined && (await direct.generation()) === after(generation)

  /** The ruleset, after what an apply that was cut off left half way is in order: the sets that stand in for others could not be made anew. */
  const readSettled = async (doing: string): Promise<string> => {
    const ruleset = await readRuleset()
    const text = compileNftSettle(findStanding(ruleset))
    return text !== '' && (await isTaken(doing, [text])) ? readRuleset() : ruleset
  }

  /** True where the interval sets hold `program`: what differs is changed like every small change. */
  const areIntervalsRight = async (doing: string, program: FilterProgram): Promise<boolean> => {
    if ((await direct.generation()) === undefined) return false
    const list = (name: string) =>
      nft(doing, ['--json', 'list', 'set', ...NFT_TABLE.split(' '), name], { maxOutputBytes: MAX_RULESET_BYTES })
    try {
      const listed = await Promise.all(INTERVAL_SETS.map(list))
      return (await direct.send(doing, compileIntervalRepair(program, listed, { mark: mark?.() }))) === 'done'
    } catch (error) {
      return tellMisfit(error)
    }
  }

  /** Puts right no more than what is in doubt, on what this process left; false where something else is there than was thought, so that more must be written. */
  const repairPart = async (from: Left, program: FilterProgram, { doubt, hosts }: ApplyOptions): Promise<boolean> => {
    const doing = `Cannot put revision ${from.program.revision} right`
    let next = from.program
    if (doubt === 'elements' && hosts !== undefined) {
      const batch = compileNftHosts(from.program, hosts, { mark: mark?.() })
      if (batch !== undefined && (await direct.send(doing, batch)) !== 'done') return false
    } else if (doubt === 'chains') {
      const found = findRemains(await readRuleset())
      if (found.kind !== 'judging' || !(await isTaken(doing, [compileNftChains(from.program, found)]))) return false
    } else if (doubt === 'prefixes') {
      if (!(await areIntervalsRight(doing, program))) return false
      next = program
    } else return false
    const { state, generation } = await readStateAt()
    if (!isAsLeft(state, from)) return false
    left = { ...from, program: next, generation }
    return true
  }

  const applyWhole = async (program: FilterProgram, doubt: Doubt | undefined): Promise<void> => {
    const doing = `Cannot apply revision ${program.revision}`
    const from = left
    const ruleset = await readSettled(doing)
    const found = findNftState(ruleset)
    // A refill leaves what others put beside our chains and sets: only where the rules are as we left them does it put everything right.
    const isOfElements = doubt === 'elements' || doubt === 'prefixes'
    const areRulesOurs = doubt === undefined || (isOfElements && from !== undefined && isAsLeft(found, from))
    const canRefill = areRulesOurs && found !== undefined && isSameHooks(found.hooks, program)
    const kept = doubt === 'prefixes' && from !== undefined && isSameList(from.program, program) ? from : undefined
    const keep = kept === undefined ? [] : HOST_SETS
    const steps = canRefill ? compileNftRefill(program, found.about, { keep }) : findSteps(program, findRemains(ruleset))
    // Cut off after any step, the kernel's word is all there is.
    left = undefined
    const areSteps = steps !== undefined && (await areTaken(doing, steps))
    if (!areSteps) await nft(doing, ['-f', '-'], { input: compileNft(program) })
    const { state, generation } = await readStateAt()
    if (state === undefined || !isAbout(state, program))
      throw new FirewallError(
        'NOT_IN_FORCE',
        `${doing}: nft took it, but the kernel does not hold it; somebody else changes our table`,
      )
    left = { program, base: areSteps && canRefill && kept !== undefined ? kept.base : program, shape: state.shape, generation }
  }

  return {
    backend: 'nft',
    isOneTransaction: true,

    check: (program) =>
      queue(async () => {
        assertCompilable(program)
        const doing = `Cannot accept revision ${program.revision}`
        // What would be applied is judged: a change of one host takes milliseconds, a whole list of a million seconds.
        const isChange =
          left !== undefined && isComparable(left, program) && (await isDeltaTaken(doing, left.program, program, true))
        if (!isChange) await nft(doing, ['--check', '-f', '-'], { input: compileNft(program) })
      }),

    apply: (program, options = {}) =>
      queue(async () => {
        assertCompilable(program)
        const { doubt } = options
        if (left !== undefined && doubt !== undefined && isSameList(left.program, program))
          if (await repairPart(left, program, options)) return
        const isChanged = doubt === undefined && left !== undefined && (await applyDelta(left, program))
        if (!isChanged) await applyWhole(program, doubt)
      }),

    setBlocked: (blocked) =>
      queue(async () => {
        assertBlockable(blocked)
        const doing = 'Cannot replace the blocked sources'
        const from = left
        // Rules that look into stand-ins would not see what is written into `block4` and `block6`.
        if (from === undefined) await readSettled(doing)
        const outcome =
          from === undefined ? 'unable' : await direct.send(doing, compileNftBlockedBatch(blocked, { mark: mark?.() }))
        // Written by nft once more where it did not go through: it replaces all of them, and says what is wrong.
        if (outcome !== 'done') await nft(doing, ['-f', '-'], { input: compileNftBlocked(blocked) })
        if (from === undefined || left === undefined) return
        const generation = (await isNext(from)) ? after(from.generation) : undefined
        left = { ...left, program: { ...left.program, blocked }, generation }
      }),

    inForce: () =>
      queue(async () => {
        if (left?.generation !== undefined && (await direct.generation()) === left.generation) return aboutOf(left.program)
        const { state, generation } = await readStateAt()
        const isTouched = left !== undefined && state !== undefined && !isAsLeft(state, left)
        // What others did to tables of their own is no reason to look again.
        if (left !== undefined && state !== undefined && !isTouched) left = { ...left, generation }
        if (isTouched || state === undefined) return undefined
        return state.standing.length === 0 ? state.about : { ...state.about, isUnsettled: true }
      }),

    // Not in the queue: it reads for a while and changes nothing.
    seen: async (limit) => {
      const lists = await Promise.all(
        SEEN_SETS.map(async ({ name }) => {
          const args = ['--json', 'list', 'set', ...NFT_TABLE.split(' '), name]
          return parseSeen(
            await nft('Cannot read the refused sources', args, { priority: 'low', maxOutputBytes: MAX_SEEN_BYTES }),
          )
        }),
      )
      return busiest(lists.flat(), limit)
    },

    unlisted: async () =>
      parseUnlisted(
        await nft('Cannot read the refused sources', ['--json', '--terse', 'list', 'ruleset', 'inet'], {
          priority: 'low',
          maxOutputBytes: MAX_RULESET_BYTES,
        }),
      ),

    remove: () =>
      queue(async () => {
        left = undefined
        await nft('Cannot remove our rules', ['-f', '-'], { input: [`add table ${NFT_TABLE}\ndelete table ${NFT_TABLE}\n`] })
      }),
  }
}

/** `undefined` where only the table as a whole can be replaced. */
function findSteps(program: FilterProgram, found: NftFound): NftSteps | undefined {
  if (found.kind === 'odd') return undefined
  return found.kind === 'idle' ? compileNftFirst(program, found.table) : compileNftOver(program, found)
}

/**
 * A new mode is a new rule in each judging chain: it would hold from another instant than new prefixes, and `nft monitor` (1.0.6) takes the sets that a deleted rule
 * named for gone, so that nobody would hear any more who changes their elements.
 */
function isComparable({ program, base }: Left, next: FilterProgram): boolean {
  return program.mode === next.mode && findDeltaObstacle(program, next) === undefined && fitsInto(base.approved, next.approved)
}

function isAsLeft(state: NftState | undefined, { program, shape }: Left): boolean {
  return state !== undefined && state.shape === shape && isAbout(state, program)
}

function isAbout({ about }: NftState, program: FilterProgram): boolean {
  return about.revision === program.revision && about.digest === program.digest && about.mode === program.mode
}

function aboutOf({ revision, digest, mode }: FilterProgram): InForce {
  return { revision, digest, mode }
}

/** The same revision in the same mode: what is left of it in the kernel is what `next` wants, timed blocks apart, which run out as they should. */
function isSameList(program: FilterProgram, next: FilterProgram): boolean {
  return program.revision === next.revision && program.digest === next.digest && program.mode === next.mode
}

/** The number after this one: the kernel leaves 0 out. */
function after(generation: number | undefined): number | undefined {
  if (generation === undefined) return undefined
  return generation === 0xffff_ffff ? 1 : generation + 1
}

function isSameHooks(found: readonly string[], program: FilterProgram): boolean {
  return [...found].sort().join() === [...hooksOf(program)].sort().join()
}

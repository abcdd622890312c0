import type { TouchedHost } from '../../rules/firewall/compile-nft-hosts.ts'
import type { FilterProgram, Mode, TimedBlock } from '../../rules/firewall/program.ts'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'
import type { RevisionSummary } from '../../rules/revisions/revision-summary.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ApplyOptions, Doubt, Firewall, InForce } from '../firewall/firewall.ts'
import { FirewallError } from '../firewall/firewall-error.ts'
import type { Log } from '../log/log.ts'
import type { LastGoodMemory } from '../memory/last-good.ts'
import { createQueue } from '../process/create-queue.ts'
import { faultOf } from '../status/fault.ts'
import type { FaultArea, StatusBoard } from '../status/status-board.ts'
import type { SourceBlock } from '../verdicts/decide-blocks.ts'
import { timedBlocksOf } from '../verdicts/verdict-keeper.ts'
import type { BootKeeper } from './boot-keeper.ts'
import { createEdgeMode } from './edge-mode.ts'
import type { HeldRevision } from './held-revision.ts'
import { type EdgeShape, fingerprintOf, isInForce, planClosed, planProgram } from './plan-program.ts'
import { recallRevision } from './recall-revision.ts'
import type { TrustedBefore } from './verify-revision.ts'

export interface EdgeParts {
  readonly firewall: Firewall
  readonly memory: LastGoodMemory
  readonly boot: BootKeeper
  readonly board: StatusBoard
  readonly log: Log
  readonly clock: Clock
  readonly shape: EdgeShape
  /** The local hold. */
  readonly hold: 'signed' | 'observe'
  /** The portal is asked after each change: then a switch to `enforce` that only a date asks for waits for `switchMode`. */
  readonly isSwitchOnTrial: boolean
  readonly beforeFirstList: 'open' | 'closed'
  /** Sources to refuse for a while, by the list given. */
  readonly blocks: (document: AllowDocument | undefined) => readonly SourceBlock[]
  /** Asked before what is in force changes. @throws LockoutError */
  readonly assertSafe: (before: FilterProgram | undefined, next: FilterProgram) => Promise<void>
  readonly openings: EdgeOpenings
}

/** Sources that a person at this host let in for a while. */
export interface EdgeOpenings {
  /** What the kernel gets now. */
  timed(): readonly TimedBlock[]
  /** Another text where others are open, empty where nobody is. */
  key(): string
  /** The process before this one let somebody in whom the kernel may still hold. */
  readonly hasLeftovers: boolean
  /** Told once the kernel holds what there is to hold. */
  shown(): void
}

export interface EnforceOptions {
  /** The revision is not remembered, and the one before not forgotten, until `confirm`. */
  readonly isOnTrial?: boolean
}

/** The one writer to the kernel: it knows what should be in force, and every change goes through it, one after another (invariant 11). */
export interface Edge {
  /** The revision that this agent put or found in force, `undefined` where it knows only the kernel's word or nothing. */
  readonly held: HeldRevision | undefined
  /** What a new revision is judged against. */
  readonly trusted: TrustedBefore
  /** Puts the last good revision in force again; leaves the kernel alone where it holds it already, or a newer one that is not unwanted. Never throws: faults are on the board. */
  restore(options?: { readonly isNewerUnwanted?: boolean }): Promise<void>
  /** Plans, and applies in one transaction of which the kernel judges all first; `unchanged` where the kernel holds it already. On a throw nothing changed. */
  enforce(revision: HeldRevision, options?: EnforceOptions): Promise<'applied' | 'unchanged'>
  /** True while a revision is on trial and the edge knows what was in force before it. */
  readonly canGoBack: boolean
  /** Ends the trial: the revision stays. */
  confirm(): void
  /** Ends the trial: what was in force before is again. On a throw the trial goes on. */
  goBack(): Promise<void>
  /** Writes the revision in force to the memory where it is not there yet, and has the next boot begin with it. A disk that fails is a fault on the board. */
  remember(): Promise<void>
  /** Puts right what a failure has left undone at the start. Never throws. */
  tend(): Promise<void>
  /** The mode that the revision in force should be in by now and is not; `undefined` where all is right. */
  readonly switchDue: Mode | undefined
  /** Brings the revision in force into the mode that is due. On a throw nothing changed. */
  switchMode(options?: EnforceOptions): Promise<void>
  /** This revision observes although its date has come, until another one is named or none. */
  putSwitchOff(revision: number | undefined): void
  /** This instant has come for certain: a clock that says less does not put a date off. */
  proveTime(atMs: number): void
  /** Brings the timed blocks to what the flags say now. Never throws. */
  showBlocks(): Promise<void>
  /** Brings the sources let in by hand to what the openings say now. Never throws. */
  showOpenings(): Promise<void>
  /**
   * Puts back what should be in force: all that is doubted; without a doubt only where the kernel says that it holds something else. `right` where there was nothing
   * to do, or nothing is known that could be put back. @throws FirewallError; FilterError
   */
  mend(doubt: Doubt | undefined, hosts?: readonly TouchedHost[]): Promise<'right' | 'mended'>
  /** What the kernel holds as far as this agent put or found it there. */
  readonly program: FilterProgram | undefined
  /** Programs that this agent has put in force since it started. */
  readonly changes: number
}

/** What was in force before a revision on trial; `isKnown` is false where only the kernel knew it. */
interface Before {
  readonly held: HeldRevision | undefined
  readonly trusted: RevisionSummary | undefined
  readonly mode: Mode | undefined
  readonly isKnown: boolean
}

/** A program with the timed blocks in it, by name. */
interface Plan {
  readonly program: FilterProgram
  readonly blocks: readonly SourceBlock[]
}

export function createEdge(parts: EdgeParts): Edge {
  const { firewall, memory, boot, board, log, clock, shape } = parts
  const queue = createQueue()
  const fingerprint = fingerprintOf(shape)
  const mode = createEdgeMode(parts)
  let held: HeldRevision | undefined
  let trusted: RevisionSummary | undefined
  let inForce: InForce | undefined
  /** The program that `held` came to, blocks apart; before the first list the closed one, where the config says so. */
  let current: FilterProgram | undefined
  let changes = 0
  let isStarted = false
  /** Fingerprint of the config that the kernel was loaded with, as far as known. */
  let loadedShape: string | undefined
  /** What the memory holds: hash of the bytes, and fingerprint. */
  let remembered = ''
  let shownBlocks: ReadonlyMap<string, number> = new Map()
  /** Set while the revision in force is on trial. */
  let trial: Before | undefined
  /** Set while the switch of the revision in force to `enforce` is on trial. */
  let isModeOnTrial = false
  /** The openings that the kernel was loaded with. */
  let loadedOpenings = ''

  const show = ({ revision, digest, mode: shown }: InForce): void => {
    inForce = { revision, digest, mode: shown }
    board.set({ inForce })
  }

  const showBlocked = (blocks: readonly SourceBlock[]): void => {
    shownBlocks = new Map(blocks.map(({ block, untilMs }) => [block, untilMs]))
    board.set({ blocked: blocks.map(statusOf) })
  }

  const areShown = (blocks: readonly SourceBlock[]): boolean => {
    const nowMs = clock.nowMs()
    const shown = [...shownBlocks].filter(([, untilMs]) => untilMs > nowMs)
    return blocks.length === shown.length && blocks.every(({ block, untilMs }) => shownBlocks.get(block) === untilMs)
  }

  const planNow = (revision: HeldRevision): Plan => {
    const nowMs = clock.nowMs()
    const blocks = parts.blocks(revision.document).filter(({ untilMs }) => untilMs > nowMs)
    const program = planProgram(revision, mode.plannedFor(revision, inForce), shape, timedBlocksOf(blocks, nowMs))
    return { program: { ...program, opened: parts.openings.timed() }, blocks }
  }

  const put = async ({ program, blocks }: Plan, options: ApplyOptions): Promise<void> => {
    const openings = parts.openings.key()
    await firewall.apply(program, options)
    changes += 1
    current = program
    loadedShape = fingerprint
    loadedOpenings = openings
    parts.openings.shown()
    show(program)
    showBlocked(blocks)
    board.stamp('appliedAt')
  }

  const load = async (plan: Plan): Promise<void> => {
    if (firewall.isOneTransaction !== true) await firewall.check(plan.program)
    await put(plan, {})
    const { revision, digest, mode: modeNow } = plan.program
    log.info({ revision, digest, mode: modeNow, blocked: plan.blocks.length }, 'program was applied')
  }

  /** The program that holds until `next` does, as far as known; after a start with the same config it is the kernel's. Nobody is locked out by what held already. */
  const heldUntil = (next: FilterProgram): FilterProgram | undefined => {
    if (current !== undefined || loadedShape !== fingerprint) return current
    return { ...next, mode: inForce?.mode ?? next.mode }
  }

  const enforceNow = async (revision: HeldRevision, isUnguarded = false): Promise<'applied' | 'unchanged'> => {
    const plan = planNow(revision)
    const isSame = loadedShape === fingerprint && loadedOpenings === parts.openings.key()
    const isThere = isSame && isInForce(plan.program, await firewall.inForce())
    if (isThere) {
      show(plan.program)
      current = plan.program
    } else {
      if (!isUnguarded) await parts.assertSafe(heldUntil(plan.program), plan.program)
      await load(plan)
    }
    held = revision
    trusted = revision.summary
    isStarted = true
    // A start that failed is over: nobody would take it off the board later, and systemd waits for it.
    board.fault('start', undefined)
    board.set({ list: listOf(revision) })
    return isThere ? 'unchanged' : 'applied'
  }

  /** Nothing is checked first: it was in force before, and it must be there again soon. */
  const mendNow = async (doubt: Doubt | undefined, hosts: ApplyOptions['hosts']): Promise<'right' | 'mended'> => {
    const plan = held === undefined ? current && { program: current, blocks: [] } : planNow(held)
    // Against what was put there, not what a date makes of it by now: that is for `tend`.
    if (plan === undefined || (doubt === undefined && isInForce(current ?? plan.program, await firewall.inForce())))
      return 'right'
    const isRest = areShown(plan.blocks) && loadedOpenings === parts.openings.key()
    await put(plan, isRest ? { doubt: doubt ?? 'rules', ...(hosts && { hosts }) } : { doubt: widened(doubt) })
    return 'mended'
  }

  /** In the mode that it had: its date may have come meanwhile, and that is a switch of its own. */
  const goBackTo = async (before: HeldRevision, modeBefore: Mode | undefined): Promise<void> => {
    const goBack = async (): Promise<void> => void (await enforceNow(before, true))
    if (parts.isSwitchOnTrial && modeBefore === 'observe') await mode.whilePutOff(before.summary.revision, goBack)
    else await goBack()
  }

  const switchNow = async (isOnTrial: boolean): Promise<void> => {
    const revision = held
    if (revision === undefined) return
    await mode.whileSwitching(async () => void (await enforceNow(revision)))
    isModeOnTrial = isOnTrial
  }

  const goBackNow = async (): Promise<void> => {
    if (trial === undefined || !trial.isKnown) return
    const { held: before, trusted: floor, mode: modeBefore } = trial
    if (before === undefined) {
      await startWithoutList(inForce)
      held = undefined
      board.set({ list: null })
    } else await goBackTo(before, modeBefore)
    trusted = floor
    trial = undefined
  }

  const restoreNow = async (isNewerUnwanted = false): Promise<void> => {
    const recollection = await memory.recall()
    const { revision, floor, faults } = recallRevision(recollection)
    trusted = floor
    if (!isStarted) loadedOpenings = parts.openings.hasLeftovers ? 'unknown' : ''
    for (const fault of faults) log.error(fault, 'memory could not be used')
    board.fault('memory', faults[0])
    inForce = await firewall.inForce()
    if (inForce === undefined) board.set({ inForce: null })
    else show(inForce)
    if (revision !== undefined && (isNewerUnwanted || revision.summary.revision >= (inForce?.revision ?? 0))) {
      loadedShape = recollection.shape
      if (recollection.trusted?.revision === revision.summary.revision) remembered = `${revision.sha256} ${recollection.shape}`
      const done = await enforceNow(revision)
      log.info({ revision: revision.summary.revision, done }, 'last good revision was restored')
    } else if (inForce !== undefined && inForce.revision > 0 && !isNewerUnwanted)
      log.warn({ revision: inForce.revision }, 'the kernel held a revision that the memory does not; it was left in force')
    else await startWithoutList(inForce)
    isStarted = true
  }

  const startWithoutList = async (before: InForce | undefined): Promise<void> => {
    if (parts.beforeFirstList === 'closed')
      await load({ program: { ...planClosed(shape), opened: parts.openings.timed() }, blocks: [] })
    else if (before !== undefined) {
      await firewall.remove()
      inForce = undefined
      current = undefined
      board.set({ inForce: null })
    }
    log.warn({ door: parts.beforeFirstList }, 'no list was ever applied here')
  }

  const showBlocksNow = async (): Promise<void> => {
    const nowMs = clock.nowMs()
    const blocks = parts.blocks(held?.document).filter(({ untilMs }) => untilMs > nowMs)
    if (inForce === undefined) return
    if (!areShown(blocks)) {
      await firewall.setBlocked(timedBlocksOf(blocks, nowMs))
      log.info({ blocked: blocks.length }, 'timed blocks were set')
    }
    showBlocked(blocks)
  }

  const showOpeningsNow = async (): Promise<void> => {
    if (inForce === undefined || loadedOpenings === parts.openings.key()) {
      parts.openings.shown()
      return
    }
    if (held !== undefined) await enforceNow(held, true)
    else if (inForce.revision === 0) await startWithoutList(inForce)
    else
      throw new FirewallError(
        'NOT_IN_FORCE',
        `Cannot change who is let in: the kernel holds revision ${inForce.revision}, and this agent does not know its list yet`,
      )
  }

  const rememberNow = async (): Promise<void> => {
    if (held === undefined || remembered === `${held.sha256} ${fingerprint}`) return
    await memory.remember(held.summary, held.bytes, fingerprint)
    remembered = `${held.sha256} ${fingerprint}`
  }

  /** Does it in its turn; a failure is a fault of `area`, not a throw. */
  const inTurn = (area: FaultArea, work: () => Promise<void>, words: string): Promise<void> =>
    queue(async () => {
      try {
        await work()
        board.fault(area, undefined)
      } catch (error) {
        const fault = faultOf(error)
        board.fault(area, fault)
        log.error(fault, words)
      }
    })

  const edge: Edge = {
    get held() {
      return held
    },
    get trusted() {
      return { summary: trusted, inForce }
    },
    get canGoBack() {
      return trial?.isKnown === true
    },
    restore: ({ isNewerUnwanted = false } = {}) =>
      inTurn('start', () => restoreNow(isNewerUnwanted), 'what was in force could not be restored'),
    enforce: (revision, { isOnTrial = false } = {}) =>
      queue(async () => {
        const before = { held, trusted, mode: inForce?.mode, isKnown: held !== undefined || (inForce?.revision ?? 0) === 0 }
        const done = await enforceNow(revision)
        if (isOnTrial) trial ??= before
        return done
      }),
    confirm() {
      trial = undefined
      isModeOnTrial = false
    },
    goBack: () => queue(goBackNow),
    async remember() {
      if (held === undefined || trial !== undefined || isModeOnTrial) return
      // A broken memory stays told until something new is written over it.
      if (remembered !== `${held.sha256} ${fingerprint}`)
        await inTurn('memory', rememberNow, 'revision is in force but could not be remembered')
      if (remembered === `${held.sha256} ${fingerprint}` && current !== undefined) boot.keep({ ...current, opened: [] })
    },
    async tend() {
      if (!isStarted) await inTurn('start', () => restoreNow(), 'what was in force could not be restored')
      await edge.remember()
    },
    get switchDue() {
      if (held === undefined) return undefined
      const due = mode.dueFor(held)
      return due === inForce?.mode ? undefined : due
    },
    switchMode: ({ isOnTrial = false } = {}) => queue(() => switchNow(isOnTrial)),
    putSwitchOff: (revision) => mode.putOff(revision),
    proveTime: (atMs) => mode.proveTime(atMs),
    showOpenings: () => inTurn('openings', showOpeningsNow, 'openings could not be put in force'),
    showBlocks: () => inTurn('blocks', showBlocksNow, 'timed blocks could not be set'),
    mend: (doubt, hosts) => queue(() => mendNow(doubt, hosts)),
    get program() {
      return current
    },
    get changes() {
      return changes
    },
  }
  return edge
}

/** What has all timed blocks written anew as well, because others are wanted by now. */
function widened(doubt: Doubt | undefined): Doubt {
  return doubt === 'elements' || doubt === 'prefixes' ? doubt : 'rules'
}

function statusOf({ block, account, rule, untilMs }: SourceBlock) {
  return { address: block, account, rule, until: new Date(untilMs).toISOString() }
}

function listOf({ document, summary }: HeldRevision) {
  const { publishedAt, enforceFrom } = document.header
  const { revision, entries, blocks } = summary
  return { revision, publishedAt, enforceFrom, entries, blocks, provinces: document.provinces.size }
}

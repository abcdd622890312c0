import { LockoutError } from '../../rules/lockout/lockout-error.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { Log } from '../log/log.ts'
import { createQueue } from '../process/create-queue.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { HeldRevision } from '../sync/held-revision.ts'
import type { Timers } from '../time/timers.ts'
import { findClockFault } from './find-clock-fault.ts'
import { createPortalTrial, type PortalTrial } from './portal-trial.ts'
import { createProbationBook } from './probation-book.ts'
import type { HeldBack, ProbationMemory } from './probation-memory.ts'
import type { Probe } from './probe.ts'
import { createSwitchTrial } from './switch-trial.ts'

/**
 * Takes a new revision on trial: after the apply the portal must answer within some seconds, or the edge goes back to the revision before and does not
 * take the new one again until a person releases it; newer ones are tried. The switch to `enforce` at a date is on trial likewise. What is on trial stands on disk
 * before the kernel is changed. One trial at a time.
 */
export interface Probation {
  /** @throws LockoutError REVISION_HELD_BACK */
  assertNotHeldBack(revision: number): void
  /** As `Edge.enforce`, and remembers what passed its trial. @throws LockoutError PROBE_FAILED, NO_WAY_BACK; what `Edge.enforce` throws */
  enforce(revision: HeldRevision, signal: AbortSignal): Promise<'applied' | 'unchanged'>
  /** Reads what the process before left behind; before the edge is restored. */
  recall(): Promise<void>
  /** Ends a trial that a crash has cut short; after the edge was restored. Never throws. */
  settle(signal: AbortSignal): Promise<void>
  /** Goes back where that failed before, and makes the switch of mode that is due. Never throws. */
  tend(signal: AbortSignal): Promise<void>
  /** Takes the revision, or its switch to `enforce`, off what is held back; false where it is not there. */
  release(revision: number): Promise<boolean>
  /** The clock of the control API agrees with ours now: a date that has come is not put off any more by a clock that goes back. */
  clockAgreed(): Promise<void>
}

export interface ProbationParts {
  /** `undefined`: the health check is off. */
  readonly probe: Probe | undefined
  readonly memory: ProbationMemory
  readonly edge: Edge
  readonly board: StatusBoard
  readonly log: Log
  readonly clock: Clock
  readonly timers: Timers
  readonly withinS: number
  readonly attempts: number
}

const MAX_HELD_BACK = 20

export function createProbation(parts: ProbationParts): Probation {
  const { probe, edge, board, log, clock } = parts
  const queue = createQueue()
  const book = createProbationBook(parts)
  const portal = probe && createPortalTrial({ ...parts, probe })
  const switching = createSwitchTrial({ portal, book, edge, board, log })
  const findHeldBack = (revision: number | undefined): HeldBack | undefined =>
    book.record.heldBack.find((held) => held.revision === revision)

  const holdBack = async (revision: number, reason: string): Promise<void> => {
    const others = book.record.heldBack.filter((held) => held.revision !== revision)
    await book.keep({ unconfirmed: null, heldBack: [...others, book.entry(revision, reason)].slice(-MAX_HELD_BACK) })
    log.error({ revision, reason }, 'portal failed its health check after the change; the edge goes back')
  }

  /** The revision passed, or it is not its fault that the portal does not answer. */
  const confirm = async (): Promise<void> => {
    edge.confirm()
    await edge.remember()
    await book.keep({ unconfirmed: null })
  }

  const judge = async (trial: PortalTrial, revision: number, wasWell: boolean, signal: AbortSignal): Promise<void> => {
    const result = await trial.askAfter(signal)
    // Stopped in the middle: the next start settles it.
    if (signal.aborted) return
    if (result.isWell || !wasWell) {
      const reason = result.isWell ? '' : `the portal failed before the change already: ${result.reason}`
      if (!result.isWell) log.error({ revision, reason }, 'portal failed its health check before and after the change')
      // Told when it is remembered: whoever stops the agent then loses nothing.
      await confirm()
      trial.show({ revision, outcome: result.isWell ? 'passed' : 'kept', reason })
      return
    }
    if (!edge.canGoBack) {
      trial.show({ revision, outcome: 'no-way-back', reason: result.reason })
      await confirm()
      throw new LockoutError(
        'NO_WAY_BACK',
        `Revision ${revision} stays in force although ${trial.target} fails: ${result.reason}`,
      )
    }
    // First on disk, then in the kernel: a crash in between is put right by the next start.
    await holdBack(revision, result.reason)
    await edge.goBack()
    trial.show({ revision, outcome: 'went-back', reason: result.reason })
    throw new LockoutError(
      'PROBE_FAILED',
      `Cannot keep revision ${revision}: ${trial.target} failed within ${parts.withinS} s: ${result.reason}`,
    )
  }

  const enforce = async (revision: HeldRevision, signal: AbortSignal): Promise<'applied' | 'unchanged'> => {
    const { summary, sha256 } = revision
    const isNew = edge.held?.sha256 !== sha256 && edge.trusted.inForce?.revision !== summary.revision
    if (portal === undefined || !isNew) {
      const done = await edge.enforce(revision)
      await edge.remember()
      return done
    }
    const before = await portal.askBefore(signal)
    const { at } = book.entry(summary.revision, '')
    await book.keep({ unconfirmed: { revision: summary.revision, at, wasWell: before.isWell } })
    try {
      await edge.enforce(revision, { isOnTrial: true })
    } catch (error) {
      await book.keep({ unconfirmed: null })
      throw error
    }
    await judge(portal, summary.revision, before.isWell, signal)
    switching.show()
    return 'applied'
  }

  const settleRevision = async (signal: AbortSignal): Promise<void> => {
    const { unconfirmed } = book.record
    const revision = edge.trusted.inForce?.revision
    const isOnTrial = unconfirmed?.revision === revision && edge.held?.summary.revision !== revision
    if (unconfirmed !== null && unconfirmed.isSwitch !== true && isOnTrial && portal !== undefined) {
      log.warn({ revision }, 'health check was cut short and is made again')
      const result = await portal.askAfter(signal)
      if (signal.aborted) return
      if (!result.isWell && unconfirmed.wasWell) {
        await holdBack(unconfirmed.revision, result.reason)
        portal.show({ revision: unconfirmed.revision, outcome: 'went-back', reason: result.reason })
      } else {
        const reason = result.isWell ? '' : result.reason
        portal.show({ revision: unconfirmed.revision, outcome: result.isWell ? 'passed' : 'kept', reason })
      }
    }
    if (revision !== undefined && findHeldBack(revision) !== undefined && edge.held?.summary.revision !== revision)
      await edge.restore({ isNewerUnwanted: true })
  }

  const goBackAgain = async (): Promise<void> => {
    if (!edge.canGoBack || findHeldBack(edge.held?.summary.revision) === undefined) return
    try {
      await edge.goBack()
      board.fault('start', undefined)
    } catch (error) {
      board.fault('start', faultOf(error))
    }
  }

  return {
    assertNotHeldBack(revision) {
      const held = findHeldBack(revision)
      if (held === undefined) return
      throw new LockoutError(
        'REVISION_HELD_BACK',
        `Cannot take revision ${revision}: the portal failed after it at ${held.at} (${held.reason}); a newer revision is tried, or: agent release ${revision} --why …`,
      )
    },
    enforce: (revision, signal) => queue(() => enforce(revision, signal)),
    async recall() {
      await book.recall()
      const { switchHeldBack, provenAt = '' } = book.record
      edge.putSwitchOff(switchHeldBack?.revision)
      edge.proveTime(findInstantMs(provenAt) ?? 0)
    },
    settle: (signal) =>
      queue(async () => {
        try {
          await switching.settle(signal)
          if (!signal.aborted) await settleRevision(signal)
          if (!signal.aborted && book.record.unconfirmed !== null) await book.keep({ unconfirmed: null })
        } catch (error) {
          log.error(faultOf(error), 'health check could not be settled')
        }
      }),
    tend: (signal) =>
      queue(async () => {
        await goBackAgain()
        await switching.switchMode(signal)
        board.fault('clock', findClockFault(clock.nowMs(), book.record.provenAt))
      }),
    async release(revision) {
      const { heldBack, switchHeldBack } = book.record
      const isSwitch = switchHeldBack?.revision === revision
      if (!isSwitch && findHeldBack(revision) === undefined) return false
      const others = heldBack.filter((held) => held.revision !== revision)
      await book.keep({ heldBack: others, ...(isSwitch ? { switchHeldBack: null } : {}) })
      if (isSwitch) edge.putSwitchOff(undefined)
      return true
    },
    async clockAgreed() {
      const nowMs = clock.nowMs()
      const dateMs = findInstantMs(edge.held?.document.header.enforceFrom ?? '')
      const provenMs = findInstantMs(book.record.provenAt ?? '') ?? 0
      if (dateMs === undefined || nowMs < dateMs || provenMs >= dateMs) return
      edge.proveTime(nowMs)
      await book.keep({ provenAt: new Date(nowMs).toISOString() })
    },
  }
}

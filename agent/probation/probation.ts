import { LockoutError } from '../../rules/lockout/lockout-error.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { HeldRevision } from '../sync/held-revision.ts'
import { type Timers, wait } from '../time/timers.ts'
import { EMPTY_RECORD, type HeldBack, type ProbationMemory, type ProbationRecord } from './probation-memory.ts'
import type { Probe, ProbeResult } from './probe.ts'

/**
 * Takes a new revision on trial: after the apply the portal must answer within some seconds, or the edge goes back to the revision before and does not
 * take the new one again until a person releases it; newer ones are tried. What is on trial stands on disk before the kernel is changed.
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
  /** Goes back where that failed before. Never throws. */
  tend(): Promise<void>
  /** Takes the revision off the list of those held back; false where it is not on it. */
  release(revision: number): Promise<boolean>
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
  const { probe, memory, edge, board, log, clock, timers } = parts
  let record: ProbationRecord = EMPTY_RECORD
  const now = (): string => new Date(clock.nowMs()).toISOString()
  const findHeldBack = (revision: number | undefined): HeldBack | undefined =>
    record.heldBack.find((held) => held.revision === revision)

  /** A disk that fails must not stop a revocation: the trial goes on without a net under a crash, and says so. */
  const keep = async (change: Partial<ProbationRecord>): Promise<void> => {
    record = { ...record, ...change }
    board.set({ heldBack: record.heldBack.map((held) => ({ ...held })) })
    try {
      await memory.keep(record)
      board.fault('probation', undefined)
    } catch (error) {
      const fault = faultOf(error)
      board.fault('probation', fault)
      log.error(fault, 'health check could not be remembered')
    }
  }

  /** Several tries, spread evenly; the first good one is enough. */
  const askWithin = async (portal: Probe, signal: AbortSignal): Promise<ProbeResult> => {
    const stepMs = Math.floor((parts.withinS * 1000) / parts.attempts)
    const startMs = clock.nowMs()
    let result: ProbeResult = { isWell: false, reason: 'nobody asked' }
    for (let attempt = 1; attempt <= parts.attempts && !signal.aborted; attempt += 1) {
      result = await portal.ask(signal)
      if (result.isWell) break
      const restMs = stepMs * attempt - (clock.nowMs() - startMs)
      await wait(timers, Math.max(0, Math.min(stepMs, restMs)), signal)
    }
    return result
  }

  const show = (revision: number, outcome: 'passed' | 'kept' | 'went-back' | 'no-way-back', reason: string): void => {
    board.set({ probe: { target: probe?.target ?? '', at: now(), revision, outcome, reason } })
  }

  const holdBack = async (revision: number, reason: string): Promise<void> => {
    const others = record.heldBack.filter((held) => held.revision !== revision)
    const held = { revision, at: now(), reason: reason.slice(0, 500) }
    await keep({ unconfirmed: null, heldBack: [...others, held].slice(-MAX_HELD_BACK) })
    log.error({ revision, reason }, 'portal failed its health check after the change; the edge goes back')
  }

  /** The revision passed, or it is not its fault that the portal does not answer. */
  const confirm = async (): Promise<void> => {
    edge.confirm()
    await edge.remember()
    await keep({ unconfirmed: null })
  }

  const judge = async (portal: Probe, revision: number, wasWell: boolean, signal: AbortSignal): Promise<void> => {
    const result = await askWithin(portal, signal)
    // Stopped in the middle: the next start settles it.
    if (signal.aborted) return
    if (result.isWell || !wasWell) {
      const reason = result.isWell ? '' : `the portal failed before the change already: ${result.reason}`
      show(revision, result.isWell ? 'passed' : 'kept', reason)
      if (!result.isWell) log.error({ revision, reason }, 'portal failed its health check before and after the change')
      await confirm()
      return
    }
    if (!edge.canGoBack) {
      show(revision, 'no-way-back', result.reason)
      await confirm()
      throw new LockoutError(
        'NO_WAY_BACK',
        `Revision ${revision} stays in force although ${portal.target} fails: ${result.reason}`,
      )
    }
    // First on disk, then in the kernel: a crash in between is put right by the next start.
    await holdBack(revision, result.reason)
    await edge.goBack()
    show(revision, 'went-back', result.reason)
    throw new LockoutError(
      'PROBE_FAILED',
      `Cannot keep revision ${revision}: ${portal.target} failed within ${parts.withinS} s: ${result.reason}`,
    )
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
    async enforce(revision, signal) {
      const { summary, sha256 } = revision
      const isNew = edge.held?.sha256 !== sha256 && edge.trusted.inForce?.revision !== summary.revision
      if (probe === undefined || !isNew) {
        const done = await edge.enforce(revision)
        await edge.remember()
        return done
      }
      const before = await probe.ask(signal)
      await keep({ unconfirmed: { revision: summary.revision, at: now(), wasWell: before.isWell } })
      try {
        await edge.enforce(revision, { isOnTrial: true })
      } catch (error) {
        await keep({ unconfirmed: null })
        throw error
      }
      await judge(probe, summary.revision, before.isWell, signal)
      return 'applied'
    },
    async recall() {
      record = await memory.recall()
      board.set({ heldBack: record.heldBack.map((held) => ({ ...held })) })
    },
    async settle(signal) {
      const { unconfirmed } = record
      const revision = edge.trusted.inForce?.revision
      try {
        const isOnTrial = unconfirmed !== null && unconfirmed.revision === revision && edge.held?.summary.revision !== revision
        if (isOnTrial && probe !== undefined) {
          log.warn({ revision }, 'health check was cut short and is made again')
          const result = await askWithin(probe, signal)
          if (signal.aborted) return
          if (!result.isWell && unconfirmed.wasWell) {
            await holdBack(unconfirmed.revision, result.reason)
            show(unconfirmed.revision, 'went-back', result.reason)
          } else show(unconfirmed.revision, result.isWell ? 'passed' : 'kept', result.isWell ? '' : result.reason)
        }
        if (revision !== undefined && findHeldBack(revision) !== undefined && edge.held?.summary.revision !== revision)
          await edge.restore({ isNewerUnwanted: true })
        if (record.unconfirmed !== null) await keep({ unconfirmed: null })
      } catch (error) {
        log.error(faultOf(error), 'health check could not be settled')
      }
    },
    async tend() {
      if (!edge.canGoBack || findHeldBack(edge.held?.summary.revision) === undefined) return
      try {
        await edge.goBack()
        board.fault('start', undefined)
      } catch (error) {
        board.fault('start', faultOf(error))
      }
    },
    async release(revision) {
      if (findHeldBack(revision) === undefined) return false
      await keep({ heldBack: record.heldBack.filter((held) => held.revision !== revision) })
      return true
    },
  }
}

import { LockoutError } from '../../rules/lockout/lockout-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { PortalTrial } from './portal-trial.ts'
import type { ProbationBook } from './probation-book.ts'
import type { HeldBack } from './probation-memory.ts'

/** Makes the switches of mode that a date asks for. A switch to `enforce` is on trial: where the portal fails after it, the edge observes again. */
export interface SwitchTrial {
  /** Makes the switch that is due. A failure is a fault on the board, and is tried again by whoever calls. Never throws. */
  switchMode(signal: AbortSignal): Promise<void>
  /** Tells whether the switch of the revision in force is held back. */
  show(): void
  /** Ends a trial that a crash has cut short, where there is one. @throws FirewallError */
  settle(signal: AbortSignal): Promise<void>
}

export interface SwitchTrialParts {
  /** `undefined`: the health check is off. */
  readonly portal: PortalTrial | undefined
  readonly book: ProbationBook
  readonly edge: Edge
  readonly board: StatusBoard
  readonly log: Log
}

export function createSwitchTrial({ portal, book, edge, board, log }: SwitchTrialParts): SwitchTrial {
  /** First on disk, then in the kernel. */
  const holdBack = async (trial: PortalTrial, revision: number, reason: string): Promise<void> => {
    await book.keep({ unconfirmed: null, switchHeldBack: book.entry(revision, reason) })
    log.error({ revision, reason }, 'portal failed its health check after the switch to enforce; the edge observes again')
    edge.putSwitchOff(revision)
    await edge.switchMode()
    edge.confirm()
    trial.show({ revision, outcome: 'went-back', reason, isSwitch: true })
  }

  const judge = async (trial: PortalTrial, revision: number, wasWell: boolean, signal: AbortSignal): Promise<void> => {
    const result = await trial.askAfter(signal)
    // Stopped in the middle: the next start settles it.
    if (signal.aborted) return
    if (!result.isWell && wasWell) {
      await holdBack(trial, revision, result.reason)
      return
    }
    const reason = result.isWell ? '' : result.reason
    edge.confirm()
    await edge.remember()
    await book.keep({ unconfirmed: null })
    trial.show({ revision, outcome: result.isWell ? 'passed' : 'kept', reason, isSwitch: true })
  }

  const tryIt = async (trial: PortalTrial, revision: number, signal: AbortSignal): Promise<void> => {
    const { isWell: wasWell } = await trial.askBefore(signal)
    if (signal.aborted) return
    const { at } = book.entry(revision, '')
    await book.keep({ unconfirmed: { revision, at, wasWell, isSwitch: true } })
    try {
      await edge.switchMode({ isOnTrial: true })
    } catch (error) {
      await book.keep({ unconfirmed: null })
      throw error
    }
    log.info({ revision, mode: 'enforce' }, 'mode was switched, on trial')
    await judge(trial, revision, wasWell, signal)
  }

  const switchTo = async (mode: 'observe' | 'enforce', revision: number, signal: AbortSignal): Promise<void> => {
    if (mode === 'enforce' && portal !== undefined) {
      await tryIt(portal, revision, signal)
      return
    }
    await edge.switchMode()
    await edge.remember()
    log.info({ revision, mode }, 'mode was switched')
  }

  const show = (): void => {
    const { switchHeldBack = null } = book.record
    const isHeldBack = switchHeldBack !== null && switchHeldBack.revision === edge.held?.summary.revision
    board.fault('mode', isHeldBack ? faultOf(switchError(switchHeldBack)) : undefined)
  }

  return {
    show,
    async switchMode(signal) {
      const { held, switchDue } = edge
      try {
        if (held !== undefined && switchDue !== undefined) await switchTo(switchDue, held.summary.revision, signal)
        show()
      } catch (error) {
        const fault = faultOf(error)
        board.fault('mode', fault)
        log.error(fault, 'mode could not be switched')
      }
    },
    async settle(signal) {
      const { unconfirmed } = book.record
      const { revision, mode } = edge.trusted.inForce ?? {}
      if (portal === undefined || unconfirmed?.isSwitch !== true) return
      if (unconfirmed.revision !== revision || mode !== 'enforce') return
      log.warn({ revision }, 'health check of the switch was cut short and is made again')
      await judge(portal, unconfirmed.revision, unconfirmed.wasWell, signal)
    },
  }
}

function switchError({ revision, at, reason }: HeldBack): LockoutError {
  return new LockoutError(
    'SWITCH_HELD_BACK',
    `Revision ${revision} observes although its date has come: the portal failed after the switch at ${at} (${reason}); a newer revision is tried, or: agent release ${revision} --why …`,
  )
}

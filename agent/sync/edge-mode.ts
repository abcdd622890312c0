import type { Mode } from '../../rules/firewall/program.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { InForce } from '../firewall/firewall.ts'
import type { HeldRevision } from './held-revision.ts'
import { modeNow } from './plan-program.ts'

/** Which mode a revision is to be in on this edge. */
export interface EdgeMode {
  /** By the date, the local hold and what was put off. */
  dueFor(revision: HeldRevision): Mode
  /** What to plan for: what is due, but for a switch of what is in force that must be made on its own, because the portal is asked after it. */
  plannedFor(revision: HeldRevision, inForce: InForce | undefined): Mode
  /** What `work` plans is the switch. */
  whileSwitching(work: () => Promise<void>): Promise<void>
  /** This revision observes although its date has come, until another one is named or none. */
  putOff(revision: number | undefined): void
  /** The same while `work` runs. */
  whilePutOff(revision: number, work: () => Promise<void>): Promise<void>
  /** This instant has come for certain: a clock that says less does not put a date off. */
  proveTime(atMs: number): void
}

export interface EdgeModeParts {
  /** The local hold. */
  readonly hold: 'signed' | 'observe'
  readonly isSwitchOnTrial: boolean
  readonly clock: Clock
}

export function createEdgeMode({ hold, isSwitchOnTrial, clock }: EdgeModeParts): EdgeMode {
  let off: number | undefined
  let provenMs = 0
  let isSwitching = false

  const dueFor: EdgeMode['dueFor'] = ({ document: { header } }) =>
    header.revision === off ? 'observe' : modeNow(header, hold, Math.max(clock.nowMs(), provenMs))

  return {
    dueFor,
    plannedFor(revision, inForce) {
      const isObserving = inForce?.mode === 'observe' && isSameList(revision, inForce)
      return isSwitchOnTrial && isObserving && !isSwitching ? 'observe' : dueFor(revision)
    },
    async whileSwitching(work) {
      isSwitching = true
      try {
        await work()
      } finally {
        isSwitching = false
      }
    },
    putOff(revision) {
      off = revision
    },
    async whilePutOff(revision, work) {
      const before = off
      off = revision
      try {
        await work()
      } finally {
        off = before
      }
    },
    proveTime(atMs) {
      provenMs = Math.max(provenMs, atMs)
    },
  }
}

function isSameList({ document: { header } }: HeldRevision, { revision, digest }: InForce): boolean {
  return header.revision === revision && header.digest === digest
}

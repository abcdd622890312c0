import { createHash } from 'node:crypto'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { EMPTY_BLOCK_SET } from '../../rules/addresses/create-block-set.ts'
import type { FilterProgram, Mode, TimedBlock } from '../../rules/firewall/program.ts'
import type { AllowHeader } from '../../rules/revisions/allow-document.ts'
import { modeAt } from '../../rules/revisions/mode-at.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { InForce } from '../firewall/firewall.ts'
import type { HeldRevision } from './held-revision.ts'

/** What this edge adds to a revision: the parts of a program that come from its config. */
export interface EdgeShape {
  readonly refuse: FilterProgram['refuse']
  readonly hooks: FilterProgram['hooks']
  readonly guarded: FilterProgram['guarded']
  readonly interfaces: FilterProgram['interfaces']
  readonly management: BlockSet
}

/** A fingerprint (SHA-256, hex) of what the config adds, so that a restart notices that the config has changed since the kernel was loaded. */
export function fingerprintOf(shape: EdgeShape): string {
  const { refuse, hooks, guarded, interfaces, management } = shape
  return createHash('sha256')
    .update(JSON.stringify([refuse, hooks, guarded.tcp, guarded.udp, interfaces, digestOf(management)]))
    .digest('hex')
}

/**
 * The mode that holds now: the local hold first, then what the revision says. A clock that stands before the revision's own publication is wrong
 * (a dead battery says 1970), and must not put a date off that had come when the revision was signed.
 */
export function modeNow(header: AllowHeader, hold: 'signed' | 'observe', nowMs: number): Mode {
  if (hold === 'observe') return 'observe'
  return modeAt(header, Math.max(nowMs, findInstantMs(header.publishedAt) ?? nowMs))
}

/** Milliseconds until the revision's start date; `undefined` where there is none to come. */
export function findSwitchDelay(header: AllowHeader, nowMs: number): number | undefined {
  const switchMs = header.enforceFrom === null ? undefined : findInstantMs(header.enforceFrom)
  return switchMs === undefined || switchMs <= nowMs ? undefined : switchMs - nowMs
}

/** What the kernel must enforce for `held`. */
export function planProgram(held: HeldRevision, mode: Mode, shape: EdgeShape, blocked: readonly TimedBlock[]): FilterProgram {
  const { revision, digest } = held.document.header
  return { revision, digest, mode, ...shape, approved: held.document.approved, blocked }
}

/** What the kernel must enforce before the first list where the config says `closed`: only the management prefixes pass. */
export function planClosed(shape: EdgeShape): FilterProgram {
  return { revision: 0, digest: digestOf(EMPTY_BLOCK_SET), mode: 'enforce', ...shape, approved: EMPTY_BLOCK_SET, blocked: [] }
}

/** True where the kernel says that it holds this very program, as far as it can say. */
export function isInForce(program: FilterProgram, inForce: InForce | undefined): boolean {
  return (
    inForce !== undefined &&
    inForce.isUnsettled !== true &&
    inForce.revision === program.revision &&
    inForce.digest === program.digest &&
    inForce.mode === program.mode
  )
}

import type { Mode } from '../firewall/program.ts'
import { findInstantMs } from '../time/find-instant.ts'
import type { AllowHeader } from './allow-document.ts'

/** The mode that holds at `nowMs`: `enforce` from `enforceFrom` on, whatever `mode` says; before it, `mode`. 1923/BHXH-CNTT §1a. */
export function modeAt(header: Pick<AllowHeader, 'mode' | 'enforceFrom'>, nowMs: number): Mode {
  const enforceFromMs = header.enforceFrom === null ? undefined : findInstantMs(header.enforceFrom)
  return enforceFromMs !== undefined && nowMs >= enforceFromMs ? 'enforce' : header.mode
}

import type { ApprovedList } from '../../control-api/publication/approved-list.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { AllowEntry } from '../../rules/revisions/allow-document.ts'

/** Approvals that a test sets: what `ApprovedList` answers. */
export interface FakeApprovedList extends ApprovedList {
  /** `count` hosts of 198.18.0.0/15 (RFC 2544), the facilities of `province`. */
  set(count: number, province?: string): void
  /** Instants at which an approval begins or ends. */
  readonly boundariesMs: number[]
}

export function createFakeApprovedList(): FakeApprovedList {
  const state: { entries: readonly AllowEntry[] } = { entries: [] }
  const boundariesMs: number[] = []
  return {
    boundariesMs,
    set(count, province = '01') {
      state.entries = Array.from({ length: count }, (_, i) => ({
        block: parseBlock(`198.18.${Math.floor(i / 250)}.${(i % 250) + 1}`),
        owners: [{ facility: `${province}${String(i).padStart(3, '0')}`, province, dispatch: '1923/BHXH-CNTT' }],
      }))
    },
    entriesAt: async () => state.entries,
    changesBetween: async (afterMs, untilMs) => boundariesMs.some((ms) => ms > afterMs && ms <= untilMs),
  }
}

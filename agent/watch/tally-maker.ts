import type { Detector, Verdict } from '../../rules/detect/detector.ts'
import type { AccountTallies } from '../../rules/tallies/account-tallies.ts'
import { formatTally } from '../../rules/tallies/tally-bytes.ts'
import { createTallyRing, type OfferedTally, offeredTallies, type TallySource } from './tally-ring.ts'

/** So often a tally says all that is held, so that whatever was lost on the way is made good while its minutes are kept. */
const WHOLE_MS = 240_000

/** An account that central named by its token, as it is known here. */
export interface SeenAccount extends Pick<Verdict, 'account' | 'sources'> {
  readonly token: string
  readonly facility: string | null
}

/** Offers what was counted, every so often. */
export interface TallyMaker extends TallySource {
  /** Makes the next tally if it is time. */
  make(nowMs: number): void
  /** To be kept with the counts. */
  saved(): readonly Uint8Array[]
  /** Those of the accounts that made a request here lately. */
  findAccounts(tokens: readonly string[]): readonly SeenAccount[]
}

export interface TallyMakerParts {
  readonly tallies: AccountTallies
  readonly detector: Detector
  readonly everyMs: number
  /** Hears of each tally. */
  readonly onTally: (tally: OfferedTally) => void
}

export function createTallyMaker({ tallies: { book }, detector, everyMs, onTally }: TallyMakerParts): TallyMaker {
  const ring = createTallyRing()
  let madeMs = Number.NEGATIVE_INFINITY
  let wholeMs = Number.NEGATIVE_INFINITY
  return {
    make(nowMs) {
      if (nowMs - madeMs < everyMs) return
      madeMs = nowMs
      const isWhole = nowMs - wholeMs >= WHOLE_MS
      if (isWhole) wholeMs = nowMs
      for (const tally of offeredTallies(book.takeParts(isWhole), isWhole)) {
        ring.add(tally)
        onTally(tally)
      }
    },
    saved: () => book.saved().map(formatTally),
    findAccounts: (tokens) =>
      [...book.slotsOf(new Set(tokens))].flatMap(([token, slot]) => {
        const seen = detector.accountAt(slot)
        return seen === undefined
          ? []
          : [{ token, account: seen.account, facility: seen.facility ?? null, sources: [...seen.sources] }]
      }),
    held: () => ring.held(),
    find: (boot, sequence) => ring.find(boot, sequence),
  }
}

import { randomBytes } from 'node:crypto'
import { createDetector } from '../../rules/detect/create-detector.ts'
import type { Detector } from '../../rules/detect/detector.ts'
import { SketchError } from '../../rules/detect/sketches/sketch-error.ts'
import { DetectStateError } from '../../rules/detect/state/state-error.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { AccountTallies } from '../../rules/tallies/account-tallies.ts'
import type { Tally } from '../../rules/tallies/tally.ts'
import { parseTally } from '../../rules/tallies/tally-bytes.ts'
import { TallyError } from '../../rules/tallies/tally-error.ts'
import type { FaultList } from './fault-list.ts'
import type { LogPlace } from './log-place.ts'
import type { WatchPorts } from './watch.ts'
import { WatchError } from './watch-error.ts'
import type { WatchOptions } from './watch-options.ts'

export interface RecalledDetector {
  readonly detector: Detector
  readonly places: ReadonlyMap<string, LogPlace>
  /** What it counts for central; `undefined` where nothing goes there. */
  readonly tallies: AccountTallies | undefined
}

/**
 * The detector as it was, and where in the logs it stopped. Without usable counts it begins with none, where the logs were left: positions
 * are saved more often than counts, so that no line is lost with them.
 */
export async function recallDetector(
  options: WatchOptions,
  { memory, key, registrations, tallies: wanted }: Pick<WatchPorts, 'memory' | 'key' | 'registrations' | 'tallies'>,
  faults: FaultList,
): Promise<RecalledDetector> {
  const maskAccount = createMasker(key)
  const talliesOf = (saved: readonly Tally[]): AccountTallies | undefined =>
    wanted &&
    new AccountTallies({
      ...wanted,
      boot: randomBytes(8).toString('hex'),
      tellsFacility: options.tallies.tellFacility,
      saved,
    })
  const create = (tallies: AccountTallies | undefined): Detector =>
    createDetector(options.policy, {
      maskAccount,
      maxAccounts: options.maxAccounts,
      ...(registrations === undefined ? {} : { registrations }),
      ...(tallies === undefined ? {} : { tallies }),
    })
  const places = await memory.readPlaces((fault) => faults.note('positions', fault))
  const saved = await memory.readCounts((fault) => faults.note('counts of before', fault))
  const begun = talliesOf([])
  if (saved === undefined) return { detector: create(begun), places, tallies: begun }
  try {
    const tallies = talliesOf(readTallies(saved.tallies))
    const detector = create(tallies)
    detector.restore(saved.counts)
    return { detector, places: saved.places, tallies }
  } catch (cause) {
    if (!(cause instanceof DetectStateError)) throw cause
    faults.note('counts of before', new WatchError('COUNTS_BROKEN', cause.message, { cause }))
    return { detector: create(begun), places, tallies: begun }
  }
}

/** Tallies that cannot be read are left out: what they said went to central, or is lost with them. */
function readTallies(saved: readonly Uint8Array[]): readonly Tally[] {
  try {
    return saved.map(parseTally)
  } catch (error) {
    if (error instanceof TallyError || error instanceof SketchError) return []
    throw error
  }
}

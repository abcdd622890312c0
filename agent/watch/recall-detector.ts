import { createDetector } from '../../rules/detect/create-detector.ts'
import type { Detector } from '../../rules/detect/detector.ts'
import { DetectStateError } from '../../rules/detect/state/state-error.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import type { FaultList } from './fault-list.ts'
import type { LogPlace } from './log-place.ts'
import type { WatchPorts } from './watch.ts'
import { WatchError } from './watch-error.ts'
import type { WatchOptions } from './watch-options.ts'

/**
 * The detector as it was, and where in the logs it stopped. Without usable counts it begins with none, where the logs were left: positions
 * are saved more often than counts, so that no line is lost with them.
 */
export async function recallDetector(
  options: WatchOptions,
  { memory, key, registrations }: Pick<WatchPorts, 'memory' | 'key' | 'registrations'>,
  faults: FaultList,
): Promise<{ readonly detector: Detector; readonly places: ReadonlyMap<string, LogPlace> }> {
  const maskAccount = createMasker(key)
  const create = (): Detector =>
    createDetector(options.policy, {
      maskAccount,
      maxAccounts: options.maxAccounts,
      ...(registrations === undefined ? {} : { registrations }),
    })
  const places = await memory.readPlaces((fault) => faults.note('positions', fault))
  const saved = await memory.readCounts((fault) => faults.note('counts of before', fault))
  if (saved === undefined) return { detector: create(), places }
  try {
    const detector = create()
    detector.restore(saved.counts)
    return { detector, places: saved.places }
  } catch (cause) {
    if (!(cause instanceof DetectStateError)) throw cause
    faults.note('counts of before', new WatchError('COUNTS_BROKEN', cause.message, { cause }))
    return { detector: create(), places }
  }
}

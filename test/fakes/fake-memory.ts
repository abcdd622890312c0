import type { LastGoodMemory, MemoryFault, Recollection } from '../../agent/memory/last-good.ts'
import { MemoryError } from '../../agent/memory/memory-error.ts'

/** A memory that forgets when the test ends. It passes the contract of the real one. */
export interface FakeMemory extends LastGoodMemory {
  /** How often a revision was remembered. */
  readonly writes: number
  /** The next `remember` fails as a full disk does. */
  failNext(): void
  /** Breaks what is remembered, as a torn write or a hand on the disk does. */
  spoil(part: 'lastGood' | 'trusted'): void
}

export function createFakeMemory(): FakeMemory {
  let kept: Omit<Recollection, 'faults'> = { lastGood: undefined, trusted: undefined, shape: undefined }
  let faults: MemoryFault[] = []
  let willFail = false
  let writes = 0
  return {
    get writes() {
      return writes
    },
    failNext() {
      willFail = true
    },
    spoil(part) {
      if (part === 'lastGood') {
        kept = { ...kept, lastGood: undefined }
        faults = [...faults, { code: 'LAST_GOOD_BROKEN', message: 'The fake was spoiled' }]
      } else {
        kept = { ...kept, trusted: undefined, shape: undefined }
        faults = [...faults, { code: 'TRUSTED_BROKEN', message: 'The fake was spoiled' }]
      }
    },
    async recall() {
      return { ...kept, faults }
    },
    async remember(summary, bytes, shape) {
      if (willFail) {
        willFail = false
        throw new MemoryError('STATE_UNWRITABLE', 'The fake was told to fail')
      }
      writes += 1
      faults = []
      kept = {
        lastGood: { revision: summary.revision, bytes: Uint8Array.from(bytes) },
        trusted: structuredClone(summary),
        shape,
      }
    },
  }
}

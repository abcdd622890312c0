import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import type { Timers } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import type { KernelDigests, KernelReader } from './kernel-reader.ts'

export interface ProofKeeperParts {
  readonly edge: Edge
  /** `undefined` where this backend's elements cannot be read back. */
  readonly reader: KernelReader | undefined
  readonly board: StatusBoard
  readonly log: Log
  readonly clock: Clock
  readonly timers: Timers
  /** 0: only at the start and where changes may have gone unseen. */
  readonly everyMs: number
  /** Asked for where the kernel holds something else than the signed list. */
  readonly onDiffers: () => void
  /** Asked for where nothing could be read, for the rules may be gone. */
  readonly onUnreadable: () => void
}

/** Reads back from the kernel, rarely, what it really holds. */
export interface ProofKeeper extends Disposable {
  /** Asks for a proof soon: at once, or a while after the last one. */
  want(): void
  /** Ends once nothing is being read. */
  idle(): Promise<void>
}

/** At least so long between two proofs, however often one is wanted. */
const LEAST_GAP_MS = 60_000

/** A keeper that proves once soon and then every `everyMs`. */
export function createProofKeeper(parts: ProofKeeperParts): ProofKeeper {
  const { edge, board, log, clock, timers } = parts
  const stopping = new AbortController()
  let due: Disposable | undefined
  let dueIsSoon = false
  let reading: Promise<void> | undefined
  let hasRead = false

  const prove = async (reader: KernelReader): Promise<void> => {
    const { program, changes } = edge
    if (program === undefined) return
    const startMs = clock.nowMs()
    const management = digestOf(program.management)
    try {
      const found = await reader.read(stopping.signal)
      // Our own change came in between: what was read is of neither.
      if (edge.changes !== changes) {
        want()
        return
      }
      const agrees = found.approved === program.digest && found.management === management
      tell(program.digest, found, agrees, startMs)
      if (agrees) board.fault('proof', undefined)
      else differ(`The kernel holds ${found.blocks} blocks with digest ${found.approved}; signed is ${program.digest}`)
    } catch (error) {
      if (stopping.signal.aborted) return
      if (error instanceof DriftError && error.code === 'PROOF_DIFFERS') {
        tell(program.digest, undefined, false, startMs)
        differ(error.message)
        return
      }
      const fault = faultOf(error)
      board.fault('proof', fault)
      log.warn(fault, 'elements could not be read back')
      parts.onUnreadable()
    }
  }

  const tell = (signedDigest: string, found: KernelDigests | undefined, agrees: boolean, startMs: number): void => {
    const kernelDigest = found?.approved ?? ''
    const tookMs = Math.max(0, clock.nowMs() - startMs)
    const at = new Date(clock.nowMs()).toISOString()
    board.set({ proof: { at, signedDigest, kernelDigest, agrees, blocks: found?.blocks ?? 0, tookMs } })
    log.info({ agrees, kernelDigest, tookMs }, 'elements were read back')
  }

  const differ = (words: string): void => {
    const fault = faultOf(new DriftError('PROOF_DIFFERS', words))
    board.fault('proof', fault)
    log.error(fault, 'kernel does not hold the signed list')
    parts.onDiffers()
    // It is put right by now or soon: that is to be seen.
    want()
  }

  const start = (reader: KernelReader): void => {
    due = undefined
    dueIsSoon = false
    if (stopping.signal.aborted) return
    hasRead = true
    reading ??= prove(reader).finally(() => {
      reading = undefined
      if (due === undefined && parts.everyMs > 0) arm(parts.everyMs)
    })
  }

  const arm = (delayMs: number): void => {
    const { reader } = parts
    if (reader === undefined || stopping.signal.aborted) return
    due?.[Symbol.dispose]()
    due = timers.after(delayMs, () => start(reader))
  }

  const want = (): void => {
    if (dueIsSoon) return
    dueIsSoon = true
    arm(hasRead ? LEAST_GAP_MS : 0)
  }

  return {
    want,
    idle: async () => reading,
    [Symbol.dispose]() {
      stopping.abort()
      due?.[Symbol.dispose]()
    },
  }
}

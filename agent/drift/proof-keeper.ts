import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Edge } from '../sync/edge.ts'
import { type Timers, wait } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import type { KernelDigests, KernelReader } from './kernel-reader.ts'

/** How long a proof that is wanted waits for the last one to be past. */
export interface ProofGap {
  readonly leastMs: number
  /** At least so many times as long as the last reading took. */
  readonly factor: number
}

/** Reading takes no more than a fiftieth of the time, however often a proof is wanted. */
const GAP: ProofGap = { leastMs: 60_000, factor: 50 }

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
  readonly gap?: ProofGap
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

/** An event may come so much later than what it tells of. */
const LATE_MS = 1000

/** A keeper that proves once soon and then every `everyMs`. */
export function createProofKeeper(parts: ProofKeeperParts): ProofKeeper {
  const { edge, board, log, clock, timers, gap = GAP } = parts
  const stopping = new AbortController()
  let due: Disposable | undefined
  let dueIsSoon = false
  let reading: Promise<void> | undefined
  let hasRead = false
  /** It came due while one was being read. */
  let isWantedAgain = false
  let lastTookMs = 0

  /** Another text where a program was put in force or a change of others was heard of: what was read meanwhile is of neither state. */
  const activity = (): string => `${edge.changes} ${board.read().drift.found}`

  const read = async (reader: KernelReader): Promise<KernelDigests | DriftError> => {
    try {
      return await reader.read(stopping.signal)
    } catch (error) {
      if (error instanceof DriftError) return error
      throw error
    }
  }

  const prove = async (reader: KernelReader): Promise<void> => {
    const { program } = edge
    if (program === undefined) return
    const startMs = clock.nowMs()
    const before = activity()
    const found = await read(reader)
    const tookMs = Math.max(0, clock.nowMs() - startMs)
    lastTookMs = tookMs
    const isRight = isProved(program, found)
    // Whoever did it may be heard of in a moment, and is put right then.
    if (!isRight) await wait(timers, LATE_MS, stopping.signal)
    if (stopping.signal.aborted) return
    if (activity() !== before) {
      want()
      return
    }
    const isUnreadable = found instanceof DriftError && found.code !== 'PROOF_DIFFERS'
    if (!isUnreadable) tell(program.digest, found instanceof DriftError ? undefined : found, isRight, tookMs)
    if (isRight) board.fault('proof', undefined)
    else complain(found instanceof DriftError ? found : differs(program, found))
  }

  const complain = (error: DriftError): void => {
    const fault = faultOf(error)
    board.fault('proof', fault)
    log.error(fault, error.code === 'PROOF_DIFFERS' ? 'kernel does not hold the signed list' : 'elements could not be read back')
    if (error.code === 'PROOF_DIFFERS') parts.onDiffers()
    else parts.onUnreadable()
    // It is put right by now or soon: that is to be seen.
    want()
  }

  const tell = (signedDigest: string, found: KernelDigests | undefined, agrees: boolean, tookMs: number): void => {
    const kernelDigest = found?.approved ?? ''
    const at = new Date(clock.nowMs()).toISOString()
    board.set({ proof: { at, signedDigest, kernelDigest, agrees, blocks: found?.blocks ?? 0, tookMs } })
    log.info({ agrees, kernelDigest, tookMs }, 'elements were read back')
  }

  const start = (reader: KernelReader): void => {
    due = undefined
    dueIsSoon = false
    if (stopping.signal.aborted) return
    if (reading !== undefined) {
      isWantedAgain = true
      return
    }
    hasRead = true
    reading = prove(reader)
      .catch((error: unknown) => {
        board.fault('proof', faultOf(error))
        log.error(faultOf(error), 'elements could not be read back')
      })
      .finally(() => {
        reading = undefined
        if (isWantedAgain) want()
        else if (due === undefined && parts.everyMs > 0) arm(parts.everyMs)
        isWantedAgain = false
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
    arm(hasRead ? Math.max(gap.leastMs, lastTookMs * gap.factor) : 0)
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

function isProved(program: FilterProgram, found: KernelDigests | DriftError): boolean {
  if (found instanceof DriftError) return false
  return found.approved === program.digest && found.management === digestOf(program.management)
}

function differs({ digest, revision }: FilterProgram, { approved, blocks }: KernelDigests): DriftError {
  const what =
    approved === digest ? 'other management prefixes than the config names' : `${blocks} blocks with digest ${approved}`
  return new DriftError('PROOF_DIFFERS', `The kernel holds ${what}; the digest of revision ${revision} is ${digest}`)
}

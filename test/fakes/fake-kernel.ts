import { DriftError } from '../../agent/drift/drift-error.ts'
import type { KernelProcess, Touch } from '../../agent/drift/kernel-change.ts'
import type { KernelDigests, KernelReader } from '../../agent/drift/kernel-reader.ts'
import type { KernelListener, KernelWatch } from '../../agent/drift/kernel-watch.ts'
import { countOf, digestOf } from '../../rules/addresses/block-set-lines.ts'
import type { FakeFirewall } from './fake-firewall.ts'

/** Ears and eyes for what a `FakeFirewall` holds. */
export interface FakeKernel {
  readonly watch: KernelWatch
  readonly reader: KernelReader
  /** Open listeners. */
  readonly listeners: number
  /** How often the elements were read back. */
  readonly reads: number
  /** Somebody else changes our table: `change` is done, then heard. */
  meddle(touches: readonly Touch[], process?: KernelProcess, change?: () => void): void
  /** Events were dropped. */
  loseEvents(): void
  /** Every listener dies; new ones too while `isAway`. */
  breakListeners(isAway: boolean): void
  /** The next reading fails. */
  failNextRead(error: Error): void
  /** Another program's hand in the sets: what is read is this, until a program is applied. */
  holdOther(digests: Partial<KernelDigests> | undefined): void
}

export const MEDDLER: KernelProcess = { pid: 4242, name: 'other-tool' }

export function createFakeKernel(firewall: FakeFirewall): FakeKernel {
  const listeners = new Set<{ readonly listener: KernelListener; readonly end: (error: Error) => void }>()
  let isAway = false
  let reads = 0
  let failure: Error | undefined
  let other: { readonly digests: Partial<KernelDigests>; readonly applies: number } | undefined
  const gone = () => new DriftError('LISTENER_AWAY', 'The fake listener died')
  return {
    get listeners() {
      return listeners.size
    },
    get reads() {
      return reads
    },
    watch: {
      async listen(listener, signal) {
        if (isAway) throw gone()
        const ended = Promise.withResolvers<void>()
        const one = { listener, end: ended.reject }
        signal.addEventListener('abort', () => ended.resolve())
        if (signal.aborted) return
        listeners.add(one)
        queueMicrotask(() => listener.onListening())
        try {
          await ended.promise
        } finally {
          listeners.delete(one)
        }
      },
    },
    reader: {
      async read() {
        reads += 1
        const error = failure
        failure = undefined
        if (error !== undefined) throw error
        if (firewall.program === undefined) throw new DriftError('PROOF_UNREADABLE', 'The fake holds nothing')
        const { approved, management } = firewall.program
        const own = { approved: digestOf(approved), management: digestOf(management), blocks: countOf(approved) }
        if (other?.applies !== firewall.applied.length) other = undefined
        return { ...own, ...other?.digests }
      },
    },
    meddle(touches, process = MEDDLER, change = () => undefined) {
      change()
      if (touches.length > 0) for (const { listener } of listeners) listener.onForeign({ process, touches })
    },
    loseEvents() {
      for (const { listener } of listeners) listener.onLost()
    },
    breakListeners(away) {
      isAway = away
      for (const { end } of listeners) end(gone())
    },
    failNextRead(error) {
      failure = error
    },
    holdOther(digests) {
      other = digests && { digests, applies: firewall.applied.length }
    },
  }
}

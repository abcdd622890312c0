import { createHash } from 'node:crypto'
import type { RevisionSource } from '../../agent/trust/revision-source.ts'

/** A signed repository that needs no signatures: what it gives counts as verified by TUF. */
export interface FakeSource extends RevisionSource {
  readonly pulls: number
  /** What the next pull finds; `named` is the number that the signed metadata says. */
  publish(named: number, bytes: Uint8Array): void
  /** Every pull from now on fails with `error`, until it is told `undefined`. */
  failWith(error: Error | undefined): void
  /** Pulls wait until the returned function is called. */
  hold(): () => void
}

export function createFakeSource(): FakeSource {
  let newest: { readonly revision: number; readonly bytes: Uint8Array } | undefined
  let failure: Error | undefined
  let gate: Promise<void> | undefined
  let pulls = 0
  return {
    get pulls() {
      return pulls
    },
    publish(named, bytes) {
      newest = { revision: named, bytes }
    },
    failWith(error) {
      failure = error
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return () => {
        gate = undefined
        resolve()
      }
    },
    async pull(held) {
      pulls += 1
      await gate
      if (failure !== undefined) throw failure
      if (newest === undefined) return { kind: 'none' }
      const sha256 = createHash('sha256').update(newest.bytes).digest('hex')
      if (held?.revision === newest.revision && held.sha256 === sha256) return { kind: 'held', revision: newest.revision }
      return { kind: 'fetched', ...newest }
    },
  }
}

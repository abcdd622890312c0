import type { KernelChange } from './kernel-change.ts'

export interface KernelListener {
  /** From now on every change is told of: the kernel has told of one that was made for this. */
  onListening(): void
  /** Somebody else changed our table; `touches` is not empty. */
  onForeign(change: KernelChange): void
  /** Events were dropped: what others changed meanwhile, nobody told. */
  onLost(): void
}

/** Hears from the kernel who changes our table. Held to its promises by `test/contracts/kernel.contract.ts`. */
export interface KernelWatch {
  /** Listens until `signal` is aborted, then ends. @throws DriftError LISTENER_AWAY where it cannot, or no longer */
  listen(listener: KernelListener, signal: AbortSignal): Promise<void>
}

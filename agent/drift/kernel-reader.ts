/** What the kernel's sets hold, as digests of their canonical blocks. */
export interface KernelDigests {
  /** SHA-256 (hex) of the approved blocks, as `digestOf` gives it. */
  readonly approved: string
  readonly management: string
  /** Approved hosts and prefixes. */
  readonly blocks: number
}

/** Reads every element back. Takes a while (0.5 s at 100,000 blocks) and disturbs nobody: low priority, nothing kept but the digests. */
export interface KernelReader {
  /** @throws DriftError PROOF_UNREADABLE where it cannot be read; PROOF_DIFFERS where something is there that is no block */
  read(signal: AbortSignal): Promise<KernelDigests>
}

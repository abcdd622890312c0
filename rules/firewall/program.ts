import type { Block } from '../addresses/block.ts'
import type { BlockSet } from '../addresses/block-set.ts'

/** `observe`: count and list who would be refused, let them pass. `enforce`: refuse. */
export type Mode = 'observe' | 'enforce'

/** A source refused for a while because of a verdict, or let in for a while because a person at the host said so. */
export interface TimedBlock {
  readonly block: Block
  /** Milliseconds left, ≥ 1. Relative, because the kernel counts timeouts itself (nft(8), "SETS"). */
  readonly remainingMs: number
}

/**
 * What the kernel must enforce, in no backend's words. Per packet to a guarded port:
 * loopback → management and opened → blocked → approved → refuse. Compilers print it, firewalls apply it.
 */
export interface FilterProgram {
  /** The signed revision this came from; 0 before the first. */
  readonly revision: number
  /** SHA-256 (hex) of the canonical approved list: what `digestOf` gives. */
  readonly digest: string
  readonly mode: Mode
  /** `reset`: TCP reset or ICMP admin-prohibited, at once. `drop`: silence; freezes hospital software for 30–60 s. */
  readonly refuse: 'reset' | 'drop'
  /** Where packets are judged: on the way into this host, through it, or both. */
  readonly hooks: readonly ('input' | 'forward')[]
  readonly guarded: { readonly tcp: readonly number[]; readonly udp: readonly number[] }
  /** Interface names judged; empty means all. */
  readonly interfaces: readonly string[]
  readonly approved: BlockSet
  /** Fail-safe prefixes of the admins and the control API; no policy can cut them. */
  readonly management: BlockSet
  readonly blocked: readonly TimedBlock[]
  /** Sources let in for a while like management: a person at this host said so. Absent where nobody did. */
  readonly opened?: readonly TimedBlock[]
}

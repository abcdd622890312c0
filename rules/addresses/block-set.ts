/**
 * Many blocks as the kernel wants them: hosts apart from true prefixes, sorted, free of duplicates, nothing covered by another.
 * Typed arrays, because a million hosts must fit in a few megabytes. Built by `createBlockSet`, never by hand.
 */
export interface BlockSet {
  /** Sorted v4 hosts as unsigned 32-bit numbers. */
  readonly host4: Uint32Array
  /** Disjoint v4 prefixes shorter than /32, sorted by network address; `net4Length[i]` belongs to `net4[i]`. */
  readonly net4: Uint32Array
  readonly net4Length: Uint8Array
  /** Sorted v6 hosts, two 64-bit words each (high, low): host i is `host6[2*i]`, `host6[2*i+1]`. */
  readonly host6: BigUint64Array
  /** Disjoint v6 prefixes shorter than /128, two words each; `net6Length[i]` belongs to prefix i. */
  readonly net6: BigUint64Array
  readonly net6Length: Uint8Array
}

declare const blockBrand: unique symbol

/**
 * A block (CIDR) in canonical text: a host without prefix length (`203.0.113.7`, `2001:db8::1`, RFC 5952), a true prefix
 * with it (`203.0.113.0/29`), host bits zero. Always re-emitted from bytes. Made from foreign text by `parseBlock` only.
 */
export type Block = string & { readonly [blockBrand]: 'Block' }

/** The bytes of a block. `value` is the network address as a number of 32 (v4) or 128 (v6) bits; `length` counts leading bits. */
export interface BlockBits {
  readonly family: 4 | 6
  readonly value: bigint
  readonly length: number
}

import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { createBlockSet, EMPTY_BLOCK_SET } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'

/** A program that enforces; a test names only its own fields. `approve` and `manage` are texts, the digest follows from them. */
export function aProgram(
  fields: Partial<FilterProgram> & { readonly approve?: readonly string[]; readonly manage?: readonly string[] } = {},
): FilterProgram {
  const { approve, manage, ...rest } = fields
  const approved = rest.approved ?? blockSetOf(approve ?? [])
  return {
    revision: 1,
    digest: digestOf(approved),
    mode: 'enforce',
    refuse: 'reset',
    hooks: ['input'],
    guarded: { tcp: [80, 443], udp: [443] },
    interfaces: [],
    approved,
    management: manage === undefined ? EMPTY_BLOCK_SET : blockSetOf(manage),
    blocked: [],
    ...rest,
  }
}

/** Blocks from texts, in the order given. */
export function blocksFrom(texts: readonly string[]): Block[] {
  return texts.map((text) => parseBlock(text))
}

/** A set from texts. */
export function blockSetOf(texts: readonly string[]): BlockSet {
  return createBlockSet(blocksFrom(texts))
}

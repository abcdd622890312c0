import { EMPTY_BLOCK_SET } from '../../rules/addresses/create-block-set.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { aProgram } from './filter-programs.ts'

/** Hosts of a list: enough that nft works for a while on it. */
const HOSTS = 20_000

/** The program of `revision`: neighbouring revisions share most hosts and differ in prefixes, management and mode. */
export function revisionInTurn(revision: number): FilterProgram {
  const turn = revision % 4
  const host4 = Uint32Array.from({ length: HOSTS }, (_, index) => 0x14000000 + 16 * index + (index % 10 === 0 ? turn : 0))
  const net4 = Uint32Array.from({ length: 50 }, (_, index) => 0x0e000000 + 4096 * index + 256 * turn)
  return aProgram({
    revision,
    mode: turn === 3 ? 'observe' : 'enforce',
    approved: { ...EMPTY_BLOCK_SET, host4, net4, net4Length: new Uint8Array(net4.length).fill(24) },
    manage: managementInTurn(revision),
  })
}

/** One v4 and one v6 prefix. */
export function managementInTurn(revision: number): readonly [string, string] {
  return [`10.${revision % 4}.0.0/16`, `fd00:${(revision % 4) + 1}::/32`]
}

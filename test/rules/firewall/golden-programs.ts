import type { FilterProgram } from '../../../rules/firewall/program.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'

/** A program whose text stands in `golden/<name>.golden.nft`; with `from` the text is the delta between the two. */
export interface GoldenProgram {
  readonly name: string
  readonly from?: FilterProgram
  readonly program: FilterProgram
  /** What the table held before, for a text that keeps it. */
  readonly refill?: FilterProgram
}

const HOUR_MS = 3_600_000
const MIXED = ['14.160.0.1', '14.160.0.2', '14.161.0.0/24', '20.1.0.1', '2400:1::1', '2400:2::/48']
const MANAGEMENT = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::7']
const many = Array.from({ length: 20 }, (_, index) => `14.160.1.${index + 1}`)

/** One for each way in which texts differ. Both vitest (the text) and tap (nft's own judgement) read this table. */
export const GOLDEN_PROGRAMS: readonly GoldenProgram[] = [
  { name: 'v4-only', program: aProgram({ approve: ['14.160.0.1', '14.161.0.0/24'] }) },
  { name: 'v6-only', program: aProgram({ approve: ['2400:1::1', '2400:2::/48'] }) },
  { name: 'empty-list', program: aProgram() },
  { name: 'mixed-with-management', program: aProgram({ revision: 412, approve: MIXED, manage: MANAGEMENT }) },
  { name: 'several-lines', program: aProgram({ approve: many }) },
  { name: 'forward', program: aProgram({ approve: MIXED, hooks: ['forward'] }) },
  {
    name: 'both-hooks-and-interfaces',
    program: aProgram({ approve: MIXED, hooks: ['forward', 'input'], interfaces: ['eth0', 'ens1.100'] }),
  },
  { name: 'one-port', program: aProgram({ approve: MIXED, guarded: { tcp: [443], udp: [] } }) },
  { name: 'drop', program: aProgram({ approve: MIXED, refuse: 'drop' }) },
  { name: 'observe', program: aProgram({ approve: MIXED, mode: 'observe' }) },
  {
    name: 'blocks',
    program: aProgram({
      approve: MIXED,
      blocked: blocksFrom(['20.9.0.0/29', '20.9.0.3', '20.1.0.1', '2400:9::1']).map((block, index) => ({
        block,
        remainingMs: HOUR_MS + index,
      })),
    }),
  },
  {
    name: 'opened-by-hand',
    program: aProgram({
      approve: MIXED,
      manage: MANAGEMENT,
      opened: blocksFrom(['20.9.0.0/29', '20.9.0.3', '2400:9::1']).map((block) => ({ block, remainingMs: HOUR_MS })),
    }),
  },
  {
    name: 'refill',
    refill: aProgram({ revision: 8, approve: ['20.1.0.9'], mode: 'observe' }),
    program: aProgram({ revision: 9, approve: MIXED, manage: MANAGEMENT }),
  },
  { name: 'delta-nothing-new', from: aProgram({ approve: MIXED }), program: aProgram({ revision: 2, approve: MIXED }) },
  {
    name: 'delta-hosts-and-prefixes',
    from: aProgram({ approve: MIXED, manage: MANAGEMENT }),
    program: aProgram({
      revision: 2,
      approve: ['14.160.0.1', '14.161.0.0/25', '14.161.0.129', '20.1.0.2', '2400:1::2', '2400:2::/49', '2400:2:8000::/49'],
      manage: ['10.0.0.0/9', 'fd00::/8'],
    }),
  },
  {
    name: 'delta-to-enforce',
    from: aProgram({ mode: 'observe', approve: MIXED }),
    program: aProgram({ approve: MIXED, blocked: blocksFrom(['20.1.0.1']).map((block) => ({ block, remainingMs: HOUR_MS })) }),
  },
  {
    name: 'delta-ports-and-refuse',
    from: aProgram({ approve: MIXED }),
    program: aProgram({ revision: 2, approve: MIXED, guarded: { tcp: [8443], udp: [] }, refuse: 'drop', interfaces: ['eth0'] }),
  },
]

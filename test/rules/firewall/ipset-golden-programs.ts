import { findIpsetDeltaObstacle } from '../../../rules/firewall/compile-ipset-delta.ts'
import { aProgram } from '../../support/filter-programs.ts'
import { GOLDEN_PROGRAMS, type GoldenProgram } from './golden-programs.ts'

/** Programs whose text stands in `golden-ipset/<name>.golden.ipset`: those of nft that ipset has too, and its own. */
export const IPSET_GOLDEN_PROGRAMS: readonly GoldenProgram[] = [
  ...GOLDEN_PROGRAMS.filter(
    ({ from, program, refill }) =>
      refill === undefined && (from === undefined || findIpsetDeltaObstacle(from, program) === undefined),
  ),
  {
    name: 'delta-of-same-lengths',
    from: aProgram({ approve: ['14.160.0.1', '14.161.0.0/24', '2400:1::1', '2400:2::/48'], manage: ['10.0.0.0/8', 'fd00::/8'] }),
    program: aProgram({
      revision: 2,
      approve: ['14.160.0.2', '14.162.0.0/24', '2400:1::2', '2400:3::/48'],
      manage: ['10.0.0.0/8', '12.0.0.0/8', 'fd00::/8'],
    }),
  },
]

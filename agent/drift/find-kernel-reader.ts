import type { Firewall } from '../firewall/firewall.ts'
import type { FollowProgram, RunProgram } from '../process/run-program.ts'
import { createIpsetKernelReader } from './ipset-kernel-reader.ts'
import type { KernelReader } from './kernel-reader.ts'
import { createNftKernelReader } from './nft-kernel-reader.ts'

/** What reads the elements of a backend back; `undefined` where there is no kernel. */
export function findKernelReader(backend: Firewall['backend'], run: RunProgram, follow: FollowProgram): KernelReader | undefined {
  if (backend === 'nft') return createNftKernelReader(follow)
  return backend === 'ipset' ? createIpsetKernelReader(run) : undefined
}

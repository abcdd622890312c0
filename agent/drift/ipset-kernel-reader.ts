import { AddressError } from '../../rules/addresses/address-error.ts'
import { countOf, digestOf } from '../../rules/addresses/block-set-lines.ts'
import { FirewallError } from '../firewall/firewall-error.ts'
import { findIptablesVariant } from '../firewall/iptables-variant.ts'
import { readIpsetList } from '../firewall/read-ipset.ts'
import type { RunProgram } from '../process/run-program.ts'
import { DriftError } from './drift-error.ts'
import type { KernelReader } from './kernel-reader.ts'

/** Reads the lists that our rules name by `ipset save`, at low priority: hosts without nft have shorter lists, so each may stand in memory as text. */
export function createIpsetKernelReader(run: RunProgram): KernelReader {
  return {
    async read(signal) {
      const runUntil: RunProgram = (file, args, options) => run(file, args, { ...options, signal })
      try {
        const variant = await findIptablesVariant(runUntil)
        const approved = await readIpsetList(runUntil, variant, 'approved')
        const management = await readIpsetList(runUntil, variant, 'mgmt')
        return { approved: digestOf(approved), management: digestOf(management), blocks: countOf(approved) }
      } catch (error) {
        if (error instanceof FirewallError) throw new DriftError('PROOF_UNREADABLE', error.message, { cause: error })
        if (error instanceof AddressError)
          throw new DriftError('PROOF_DIFFERS', `A list holds what is no block: ${error.message}`, { cause: error })
        throw error
      }
    },
  }
}

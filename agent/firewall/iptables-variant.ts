import { ProgramError } from '../process/program-error.ts'
import type { ProgramFile, RunProgram } from '../process/run-program.ts'
import { FirewallError } from './firewall-error.ts'
import { ipsetFault } from './ipset-fault.ts'
import { runFault } from './nft-fault.ts'

/** Which iptables: the one that the host calls so (`own`), over nf_tables, or over the older ip_tables. Rules of two variants do not see each other. */
export type IptablesVariant = 'own' | 'nft' | 'legacy'

const DOING = 'Cannot use iptables'

/** The program's name: `ip6tables-nft-restore`. */
export function iptablesFile(variant: IptablesVariant, family: 4 | 6, does: 'save' | 'restore'): ProgramFile {
  const ip = family === 4 ? 'ip' : 'ip6'
  return variant === 'own' ? `${ip}tables-${does}` : `${ip}tables-${variant}-${does}`
}

/**
 * The first variant that reads `filter` of both families, the host's own first: its administrator chose it, and only in the table where others' rules are
 * can ours stand before them.
 * @throws FirewallError of the last that was tried
 */
export async function findIptablesVariant(run: RunProgram): Promise<IptablesVariant> {
  let fault: FirewallError | undefined
  for (const variant of ['own', 'nft', 'legacy'] as const) {
    fault = await findVariantFault(run, variant)
    if (fault === undefined) return variant
    if (fault.code === 'NOT_PERMITTED') break
  }
  throw fault ?? new FirewallError('NO_TOOL', `${DOING}: none is installed`)
}

async function findVariantFault(run: RunProgram, variant: IptablesVariant): Promise<FirewallError | undefined> {
  for (const family of [4, 6] as const) {
    const file = iptablesFile(variant, family, 'save')
    try {
      const { exitCode, stderr } = await run(file, ['-t', 'filter'], { maxOutputBytes: 64 * 1024 * 1024 })
      if (exitCode !== 0) return ipsetFault(DOING, file, stderr)
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      return runFault(DOING, error)
    }
  }
  return undefined
}

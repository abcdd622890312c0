import { ENTRY_CHAIN } from '../../rules/firewall/iptables-rules.ts'
import { ProgramError } from '../process/program-error.ts'
import type { ProgramFile, RunProgram } from '../process/run-program.ts'
import { FirewallError } from './firewall-error.ts'
import { ipsetFault } from './ipset-fault.ts'
import { runFault } from './nft-fault.ts'

/** Which iptables: the one that the host calls so (`own`), over nf_tables, or over the older ip_tables. Rules of two variants do not see each other. */
export type IptablesVariant = 'own' | 'nft' | 'legacy'

const DOING = 'Cannot use iptables'
const MAX_SAVED_BYTES = 64 * 1024 * 1024

/** The program's name: `ip6tables-nft-restore`. */
export function iptablesFile<Does extends 'save' | 'restore'>(
  variant: IptablesVariant,
  family: 4 | 6,
  does: Does,
): Extract<ProgramFile, `${string}-${Does}`> {
  const ip = family === 4 ? 'ip' : 'ip6'
  const name: ProgramFile = variant === 'own' ? `${ip}tables-${does}` : `${ip}tables-${variant}-${does}`
  return name as Extract<ProgramFile, `${string}-${Does}`>
}

/**
 * The variant that holds our rules, so that none are left behind in another; else the first that reads `filter` of both families, the host's own before others: its
 * administrator chose it, and ours can stand before others' rules only in the table where those are.
 * @throws FirewallError of the host's own where none can be used
 */
export async function findIptablesVariant(run: RunProgram): Promise<IptablesVariant> {
  const tried: { readonly variant: IptablesVariant; readonly saved: string }[] = []
  let fault: FirewallError | undefined
  for (const variant of ['own', 'nft', 'legacy'] as const) {
    const saved = await trySave(run, variant)
    if (typeof saved === 'string') tried.push({ variant, saved })
    else fault ??= saved
  }
  const found = tried.find(({ saved }) => saved.includes(`\n:${ENTRY_CHAIN} `)) ?? tried[0]
  if (found !== undefined) return found.variant
  throw fault ?? new FirewallError('NO_TOOL', `${DOING}: none is installed`)
}

/** `filter` of both families as text, or why it cannot be read. */
async function trySave(run: RunProgram, variant: IptablesVariant): Promise<string | FirewallError> {
  let saved = ''
  for (const family of [4, 6] as const) {
    const file = iptablesFile(variant, family, 'save')
    try {
      const { exitCode, stdout, stderr } = await run(file, ['-t', 'filter'], { maxOutputBytes: MAX_SAVED_BYTES })
      if (exitCode !== 0) return ipsetFault(DOING, file, stderr)
      saved += `\n${stdout}`
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      return runFault(DOING, error)
    }
  }
  return saved
}

import { createDryRunFirewall } from '../firewall/dry-run-firewall.ts'
import type { Firewall } from '../firewall/firewall.ts'
import { FirewallError } from '../firewall/firewall-error.ts'
import { createNftFirewall } from '../firewall/nft-firewall.ts'
import type { Log } from '../log/log.ts'
import type { RunProgram } from '../process/run-program.ts'

/** The backend in use, and why where the config left it open. */
export interface ChosenFirewall {
  readonly firewall: Firewall
  readonly reason: string
}

/** Faults that no second try cures: this machine or this user cannot use nft. Any other is for the start to tell and to try again. */
const CANNOT = new Set<FirewallError['code']>(['NO_TOOL', 'NOT_PERMITTED'])

/** Builds the backend that the config names; `auto` takes nft wherever this machine lets us use it. */
export async function openFirewall(backend: 'auto' | 'nft' | 'dry-run', run: RunProgram, log: Log): Promise<ChosenFirewall> {
  if (backend === 'dry-run') return { firewall: createDryRunFirewall(), reason: 'the config says so; no packet is judged' }
  const firewall = createNftFirewall({
    run,
    onMisfit: ({ code, message }) =>
      log.warn({ code, reason: message }, 'change did not fit what the kernel held; all of it is replaced'),
  })
  if (backend === 'nft') return { firewall, reason: '' }
  try {
    await firewall.inForce()
    return { firewall, reason: '' }
  } catch (error) {
    if (!(error instanceof FirewallError)) throw error
    if (!CANNOT.has(error.code)) return { firewall, reason: '' }
    log.error({ code: error.code, reason: error.message }, 'nft cannot be used; no packet is judged')
    return { firewall: createDryRunFirewall(), reason: `${error.message}; no packet is judged` }
  }
}

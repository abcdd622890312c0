/** Program of the kill test: an agent's firewall that applies one revision after another, by deltas where it can, until it is killed. */

import { FirewallError } from '../../agent/firewall/firewall-error.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { loadNetlink } from '../../agent/netlink/open-netlink.ts'
import { runProgram } from '../../agent/process/run-program.ts'
import { assertPrivateNamespace } from './netns.ts'
import { revisionInTurn } from './revisions-in-turn.ts'

async function applyForEver(first: number, way: string | undefined): Promise<void> {
  assertPrivateNamespace()
  const netlink = way === 'netlink' ? await loadNetlink() : undefined
  const firewall = createNftFirewall({ run: runProgram, netlink })
  for (let revision = first; ; revision += 1) {
    process.stdout.write(`apply ${revision}\n`)
    try {
      await firewall.apply(revisionInTurn(revision))
    } catch (error) {
      if (!(error instanceof FirewallError && error.code === 'NOT_FINISHED')) throw error
      process.stdout.write(`killed ${revision}\n`)
    }
  }
}

if (import.meta.main) await applyForEver(Number(process.argv[2]), process.argv[3])

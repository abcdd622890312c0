import { describe, it } from 'vitest'
import { createDryRunFirewall } from '../../../agent/firewall/dry-run-firewall.ts'
import { FIREWALL_CONTRACT, type FirewallUnderTest } from '../../contracts/firewall.contract.ts'
import { createFakeFirewall } from '../../fakes/fake-firewall.ts'

const SUBJECTS: Readonly<Record<string, () => FirewallUnderTest>> = {
  createDryRunFirewall: () => ({ firewall: createDryRunFirewall() }),
  createFakeFirewall: () => {
    const firewall = createFakeFirewall()
    return {
      firewall,
      wouldPass: async (address) => firewall.wouldPass(address, 80),
      tamper: async () => firewall.tamper(),
    }
  },
}

describe.each(Object.entries(SUBJECTS))('%s keeps the promises of a firewall', (_name, create) => {
  it.each(FIREWALL_CONTRACT)('$name', ({ run }) => run(create()))
})

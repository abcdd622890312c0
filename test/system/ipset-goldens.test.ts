import { readFileSync } from 'node:fs'
import t from 'tap'
import { createIpsetKernelReader } from '../../agent/drift/ipset-kernel-reader.ts'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import { iptablesFile } from '../../agent/firewall/iptables-variant.ts'
import { countOf, digestOf } from '../../rules/addresses/block-set-lines.ts'
import { compileIpset } from '../../rules/firewall/compile-ipset.ts'
import { IPSET_PARTS, printIpset } from '../../rules/firewall/print-ipset.ts'
import { IPSET_GOLDEN_PROGRAMS } from '../rules/firewall/ipset-golden-programs.ts'
import { IPSET_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'

const FOLDER = new URL('../rules/firewall/golden-ipset/', import.meta.url)

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: {} })
  t.teardown(() => network.dispose())
  const { edge } = network
  const run = runInNamespace(edge)

  for (const { name, skip, variant } of IPSET_BACKENDS)
    await t.test(name, { skip }, async (t) => {
      const load = async (printed: string): Promise<void> => {
        // Each part as an administrator would cut it out: from its heading to the next.
        for (const part of printed.split(/^(?=# === )/m)) {
          const family = part.startsWith(IPSET_PARTS[4]) ? 4 : 6
          const isSets = part.startsWith(IPSET_PARTS.ipset)
          if (isSets) await edge.mustRun('ipset', ['restore'], { input: part })
          else await edge.mustRun(iptablesFile(variant, family, 'restore'), ['--noflush', '-w', '30'], { input: part })
        }
      }

      for (const { name, from, program } of IPSET_GOLDEN_PROGRAMS)
        await t.test(`the kernel takes the golden text of ${name}`, async (t) => {
          const firewall = createIpsetFirewall({ run, variant })
          await firewall.remove()
          if (from !== undefined) await load([...printIpset(compileIpset(from))].join(''))
          await load(readFileSync(new URL(`${name}.golden.ipset`, FOLDER), 'utf8'))
          const { revision, digest, mode } = program
          t.same(await firewall.inForce(), { revision, digest, mode }, 'the rules say what is in force')
          t.same(
            await createIpsetKernelReader(run).read(AbortSignal.timeout(60_000)),
            { approved: digest, management: digestOf(program.management), blocks: countOf(program.approved) },
            'the kernel holds what the rules say',
          )
        })

      await createIpsetFirewall({ run, variant }).remove()
    })
}

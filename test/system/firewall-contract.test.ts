import t from 'tap'
import { CONTRACT_SOURCES, FIREWALL_CONTRACT } from '../contracts/firewall.contract.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  // Some 600 programs for each backend, one after another; under much other work each takes a tenth of a second.
  t.setTimeout(280_000)
  const { first4, first6, second4, second6 } = CONTRACT_SOURCES
  const network = await createTestNetwork({ clients: { first: [first4, first6], second: [second4, second6] } })
  t.teardown(() => network.dispose())
  await (await network.edge.peer()).listen('http', 80)
  const first = await network.client('first').peer()
  const second = await network.client('second').peer()

  for (const backend of FIREWALL_BACKENDS)
    await t.test(backend.name, { skip: backend.skip, timeout: 140_000 }, async (t) => {
      for (const { name, run } of FIREWALL_CONTRACT) {
        await t.test(`keeps a promise: ${name}`, { timeout: 60_000 }, async (t) => {
          const onMisfit = (error: Error) => t.fail(`a change did not fit: ${error.message}`)
          const firewall = backend.create({ run: runInNamespace(network.edge), onMisfit })
          let isRemoved = false
          t.teardown(async () => void (isRemoved || (await firewall.remove())))
          await run({
            firewall,
            async wouldPass(address) {
              const target = address.includes(':') ? EDGE_ADDRESS_6 : EDGE_ADDRESS_4
              const peer = address === first4 || address === first6 ? first : second
              const result = await peer.probe({ kind: 'tcp', address: target, port: 80, from: address, timeoutMs: 300 })
              return result.outcome === 'passed'
            },
            tamper: () => backend.tamper(network.edge),
          })
          await firewall.remove()
          isRemoved = true
          t.equal(await backend.leftovers(network.edge), '', 'leaves nothing behind')
        })
      }
    })
}

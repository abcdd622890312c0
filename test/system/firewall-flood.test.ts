/** More strangers than any list can hold, each with an address of its own: the lists stay bounded, what they had no room for is counted, and the approved are served all the while. */
import t from 'tap'
import { aProgram } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { floodSyns } from '../support/flood-syns.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'

const APPROVED = ['20.1.0.1', '2400:1::1']
const STRANGER = ['20.9.0.9', '2400:9::9']
const FLOODER = ['20.8.0.8', '2400:8::8']
/** Of each family. */
const SOURCES = 120_000

t.setTimeout(290_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  const network = await createTestNetwork({ clients: { approved: APPROVED, stranger: STRANGER, flooder: FLOODER } })
  t.teardown(() => network.dispose())
  const { edge } = network
  await (await edge.peer()).listen('http', 443)
  const approved = await network.client('approved').peer()
  const stranger = await network.client('stranger').peer()
  // What is refused gets its answer: the way back leads to the flooder, whatever address it took.
  await edge.mustRun('ip', ['route', 'add', 'default', 'via', FLOODER[0] ?? '', 'dev', 'to-flooder', 'onlink'])
  await edge.mustRun('ip', ['-6', 'route', 'add', 'default', 'via', FLOODER[1] ?? '', 'dev', 'to-flooder', 'onlink'])
  const targets = [EDGE_ADDRESS_4, EDGE_ADDRESS_6]

  // What observes differs in nothing but the last rule; once is enough.
  for (const backend of FIREWALL_BACKENDS)
    for (const mode of backend.name === 'nft' ? (['enforce', 'observe'] as const) : (['enforce'] as const))
      await t.test(
        `${backend.name}, ${mode}: a flood from ${SOURCES} sources of each family`,
        { skip: backend.skip },
        async (t) => {
          const firewall = backend.create({ run: runInNamespace(edge) })
          await firewall.remove()
          await firewall.apply(aProgram({ approve: APPROVED, mode }))
          let isOver = false
          const flood = floodSyns(network.client('flooder'), { targets, port: 443, sources: SOURCES }).finally(() => {
            isOver = true
          })
          let served = 0
          do {
            for (const address of targets) {
              const { outcome } = await approved.probe({ kind: 'http', address, port: 443, timeoutMs: 10_000 })
              if (outcome !== 'passed') t.fail(`the approved met ${outcome} at ${address}`)
              served += 1
            }
          } while (!isOver)
          await flood
          t.ok(served >= 2, `the approved were served ${served} times meanwhile`)
          for (const address of targets) {
            const meets = mode === 'enforce' ? 'reset' : 'passed'
            t.match(await stranger.probe({ kind: 'http', address, port: 443, timeoutMs: 10_000 }), { outcome: meets })
          }
          const listed = await firewall.seen(1_000_000)
          for (const isOf6 of [false, true]) {
            const count = listed.filter(({ address }) => address.includes(':') === isOf6).length
            t.ok(count > 8000 && count <= backend.maxSeen, `${count} sources are listed, at most ${backend.maxSeen}`)
          }
          const unlisted = await firewall.unlisted()
          const least = 2 * (SOURCES - backend.maxSeen)
          t.ok(unlisted >= least, `${unlisted} packets found no room and were counted, at least ${least}`)
          t.same(await firewall.inForce(), { revision: 1, digest: aProgram({ approve: APPROVED }).digest, mode })
          await firewall.remove()
        },
      )
}

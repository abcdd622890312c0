/** A host moves from iptables to nft and back: at no instant is a stranger let in or an approved source refused. */
import t from 'tap'
import { type BackendWish, chooseBackend } from '../../agent/firewall/choose-backend.ts'
import type { FirewallError } from '../../agent/firewall/firewall-error.ts'
import { aProgram } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'

const APPROVED = ['20.1.0.1', '2400:1::1'] as const
const STRANGER = ['14.9.0.9', '2400:9::9'] as const
const LEAST_PROBES = 10

const skip = FIREWALL_BACKENDS.map((backend) => backend.skip).find((why) => why !== false)
if (!canMakeNetworks() || skip !== undefined) {
  t.plan(0, skip ?? 'needs root and ip(8)')
} else {
  t.setTimeout(180_000)
  const network = await createTestNetwork({ clients: { approved: APPROVED, stranger: STRANGER } })
  t.teardown(() => network.dispose())
  const { edge } = network
  const run = runInNamespace(edge)
  await (await edge.peer()).listen('http', 80)
  const peers = { approved: await network.client('approved').peer(), stranger: await network.client('stranger').peer() }
  const told: FirewallError[] = []
  const open = async (wish: BackendWish) => (await chooseBackend(wish, { run, onMisfit: (error) => told.push(error) })).firewall
  const holds = async (wish: 'nft' | 'ipset'): Promise<boolean> => {
    const nft = (await edge.mustRun('nft', ['list', 'tables', 'inet'])).stdout.includes('edgeward')
    const sets = (await edge.mustRun('ipset', ['list', '-name'])).stdout.includes('edgeward')
    return wish === 'nft' ? nft && !sets : sets && !nft
  }

  let revision = 1
  await (await open('ipset')).apply(aProgram({ revision, approve: APPROVED }))
  for (const wish of ['nft', 'ipset', 'nft'] as const)
    await t.test(`to ${wish}: the old rules go after the new ones hold`, { timeout: 90_000 }, async (t) => {
      let isDone = false
      const wrong: string[] = []
      const counts = new Map<string, number>()
      const probe = async (who: 'approved' | 'stranger', address: string, expected: string): Promise<void> => {
        const name = `${who} ${address}`
        while (!isDone || (counts.get(name) ?? 0) < LEAST_PROBES) {
          const { outcome } = await peers[who].probe({ kind: 'tcp', address, port: 80, timeoutMs: 30_000 })
          if (outcome !== expected) wrong.push(`${name} ${outcome}`)
          counts.set(name, (counts.get(name) ?? 0) + 1)
        }
      }
      const probing = [EDGE_ADDRESS_4, EDGE_ADDRESS_6].flatMap((address) => [
        probe('approved', address, 'passed'),
        probe('stranger', address, 'reset'),
      ])
      // As the agent does after its config was changed and it was started anew.
      const firewall = await open(wish)
      t.equal(await firewall.inForce(), undefined, 'nothing of the new one yet')
      revision += 1
      const program = aProgram({ revision, approve: [...APPROVED, '20.3.0.3'] })
      await firewall.apply(program)
      isDone = true
      await Promise.all(probing)
      t.same(wrong, [])
      t.match(await firewall.inForce(), { revision, digest: program.digest })
      t.ok(await holds(wish), 'nothing of the old one is left')
      t.same(told, [])
    })

  await t.test('where the new rules are refused, the old ones stay', async (t) => {
    const firewall = await open('ipset')
    await t.rejects(firewall.apply(aProgram({ revision: 9, interfaces: ['eth0" accept #'] })), { code: 'REFUSED' })
    t.ok(await holds('nft'))
    t.equal((await peers.stranger.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80 })).outcome, 'reset')
  })
}

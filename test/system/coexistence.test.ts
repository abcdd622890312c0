import t, { type Test } from 'tap'
import { aProgram, blocksFrom } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS, type FirewallBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6, type TestNetwork } from '../support/netns.ts'
import { OTHER_FIREWALLS, type OtherFirewall, type OtherFirewallKind } from '../support/other-firewalls.ts'
import { theirRules } from '../support/their-rules.ts'

const WHO = {
  approved: ['20.1.0.1', '2400:1::1'],
  stranger: ['14.9.0.9', '2400:9::9'],
  server: ['20.200.0.1', '2400:200::1'],
} as const

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  for (const kind of OTHER_FIREWALLS)
    await t.test(`beside ${kind.name}`, { skip: kind.skip }, async (t) => {
      await using network = await createTestNetwork({ clients: WHO })
      const server = network.client('server')
      for (const space of [network.edge, server]) await (await space.peer()).listen('http', 80)
      await using other = await kind.start(network.edge, { address: WHO.server[0], port: server.edgeInterface })
      for (const backend of FIREWALL_BACKENDS)
        await t.test(backend.name, { skip: backend.skip }, (t) => showBeside(t, network, kind, other, backend))
    })
}

async function showBeside(
  t: Test,
  network: TestNetwork,
  kind: OtherFirewallKind,
  other: OtherFirewall,
  backend: FirewallBackend,
): Promise<void> {
  const { edge } = network
  const firewall = backend.create({ run: runInNamespace(edge) })
  const program = aProgram({ hooks: [kind.guards], approve: WHO.approved })

  await t.test('before us everybody is let in', (t) => assertVerdicts(t, network, kind, 'passed'))

  await t.test('ours comes and changes, theirs stays as it was', async (t) => {
    const before = await theirRules(edge, backend)
    await firewall.apply(aProgram({ hooks: [kind.guards], revision: 1 }))
    t.equal(await theirRules(edge, backend), before, 'after all of a program')
    await firewall.apply({ ...program, revision: 2 })
    t.equal(await theirRules(edge, backend), before, 'after a change')
    await firewall.setBlocked(blocksFrom(['20.3.0.3']).map((block) => ({ block, remainingMs: 60_000 })))
    t.equal(await theirRules(edge, backend), before, 'after a block')
    await assertVerdicts(t, network, kind, 'reset')
  })

  for (const [index, { name, run, takes }] of other.actions.entries())
    await t.test(name, async (t) => {
      const held = await firewall.inForce()
      await run()
      const isLost = takes.includes(backend.name)
      t.same(await firewall.inForce(), isLost ? undefined : held, isLost ? 'ours is found out of force' : 'ours is in force')
      const theirs = await theirRules(edge, backend)
      await firewall.apply({ ...program, revision: 3 + index })
      t.equal(await theirRules(edge, backend), theirs, 'our next program leaves theirs as it was')
      await assertVerdicts(t, network, kind, 'reset')
    })

  await t.test('ours goes, theirs stays', async (t) => {
    const theirs = await theirRules(edge, backend)
    await firewall.remove()
    t.equal(await theirRules(edge, backend), theirs)
    await assertVerdicts(t, network, kind, 'passed')
  })
}

async function assertVerdicts(
  t: Test,
  network: TestNetwork,
  kind: OtherFirewallKind,
  stranger: 'passed' | 'reset',
): Promise<void> {
  const targets = kind.guards === 'input' ? [EDGE_ADDRESS_4, EDGE_ADDRESS_6] : [EDGE_ADDRESS_4]
  for (const address of targets) {
    const port = kind.guards === 'input' ? 80 : 8080
    const probe = async (who: 'approved' | 'stranger') =>
      (await (await network.client(who).peer()).probe({ kind: 'http', address, port, timeoutMs: 2000 })).outcome
    t.equal(await probe('approved'), 'passed', `the approved source, ${address}`)
    t.equal(await probe('stranger'), stranger, `the stranger, ${address}`)
  }
}

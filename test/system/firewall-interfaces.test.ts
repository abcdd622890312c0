/** Packets are judged only on the interfaces named: a VLAN apart from the card it runs on, one that comes after the rules, and by the name it has now. */
import t from 'tap'
import { aProgram } from '../support/filter-programs.ts'
import { FIREWALL_BACKENDS } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'

/** The card and the VLAN on it have networks of their own; the edge is .1 and ::1. */
const CARD = { edge: ['198.51.100.1', '2001:db8:1::1'], client: ['198.51.100.9', '2001:db8:1::9'] } as const
const VLAN = { edge: ['192.0.2.1', '2001:db8:2::1'], client: ['192.0.2.9', '2001:db8:2::9'] } as const
const NAME = 'to-office'
const VLAN_NAME = 'to-office.100'
const VLAN_PEER = 'eth0.100'

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using network = await createTestNetwork({ clients: { office: ['20.5.0.5', '2400:5::5'] } })
  const { edge } = network
  const office = network.client('office')
  const give = async (space: typeof edge, device: string, addresses: readonly string[]) => {
    for (const address of addresses) {
      const isV6 = address.includes(':')
      await space.mustRun('ip', ['addr', 'add', `${address}/${isV6 ? 64 : 24}`, 'dev', device, ...(isV6 ? ['nodad'] : [])])
    }
  }
  const vlanOf = (link: string, name: string) => ['link', 'add', 'link', link, 'name', name, 'type', 'vlan', 'id', '100']
  // Where the kernel has no VLANs (8021q) a pair of the same names shows the names, though not the tags.
  const hasVlans = (await office.run('ip', vlanOf('eth0', VLAN_PEER))).exitCode === 0
  if (hasVlans) await office.mustRun('ip', ['link', 'del', VLAN_PEER])
  else t.comment('this kernel has no VLANs: a veth pair of the same names stands for one')
  const addVlan = async () => {
    if (hasVlans) {
      await edge.mustRun('ip', vlanOf(NAME, VLAN_NAME))
      await office.mustRun('ip', vlanOf('eth0', VLAN_PEER))
    } else await edge.mustRun('ip', ['link', 'add', VLAN_NAME, 'type', 'veth', 'peer', 'name', VLAN_PEER, 'netns', office.name])
    for (const [space, name, addresses] of [
      [edge, VLAN_NAME, VLAN.edge],
      [office, VLAN_PEER, VLAN.client],
    ] as const) {
      await space.mustRun('ip', ['link', 'set', name, 'up'])
      await give(space, name, addresses)
    }
  }
  const removeVlan = async (name: string) => {
    await edge.mustRun('ip', ['link', 'del', name])
    if (hasVlans) await office.mustRun('ip', ['link', 'del', VLAN_PEER])
  }
  await give(edge, NAME, CARD.edge)
  await give(office, 'eth0', CARD.client)
  const client = await office.peer()
  const server = await edge.peer()
  await server.listen('http', 80)
  const ask = async (addresses: readonly string[]) => {
    const outcomes = []
    for (const address of addresses)
      outcomes.push((await client.probe({ kind: 'tcp', address, port: 80, timeoutMs: 20_000 })).outcome)
    return outcomes
  }
  const passed = ['passed', 'passed']
  const reset = ['reset', 'reset']

  for (const backend of FIREWALL_BACKENDS)
    await t.test(backend.name, { skip: backend.skip }, async (t) => {
      const firewall = backend.create({ run: runInNamespace(edge) })
      const judge = (...interfaces: string[]) => firewall.apply(aProgram({ interfaces }))

      await judge(VLAN_NAME)
      t.same(await ask(CARD.edge), passed, 'the interface named is not there yet: nothing is judged')
      await addVlan()
      t.same(await ask(VLAN.edge), reset, 'it came after the rules, and is judged')
      t.same(await ask(CARD.edge), passed, 'the card it runs on is not')

      await judge(NAME)
      t.same(await ask(CARD.edge), reset, 'the card is named now')
      t.same(await ask(VLAN.edge), passed, 'the VLAN on it is not')

      await judge(NAME, VLAN_NAME)
      t.same([await ask(CARD.edge), await ask(VLAN.edge)], [reset, reset], 'both are named')

      await judge('wan')
      t.same(await ask(VLAN.edge), passed, 'nobody is called so')
      await edge.mustRun('ip', ['link', 'set', VLAN_NAME, 'name', 'wan'])
      t.same(await ask(VLAN.edge), reset, 'it was renamed, and is judged by the name it has')
      await judge(VLAN_NAME)
      t.same(await ask(VLAN.edge), passed, 'not by the one it had')

      await removeVlan('wan')
      await firewall.remove()
    })
}

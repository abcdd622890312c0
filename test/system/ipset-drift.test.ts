import t, { type Test } from 'tap'
import { createIpsetKernelReader } from '../../agent/drift/ipset-kernel-reader.ts'
import type { DriftKind } from '../../agent/drift/kernel-change.ts'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { createDriftLab } from '../support/drift-lab.ts'
import { aProgram } from '../support/filter-programs.ts'
import { IPSET_BACKENDS, type IpsetBackend } from '../support/firewall-backends.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, type TestNetwork } from '../support/netns.ts'

const APPROVED = '20.1.0.1'
const STRANGER = '20.9.0.9'
const BLOCKED = '20.1.0.66'

interface Row {
  readonly name: string
  /** What somebody else runs; `$ip` and `$ip6` are iptables and ip6tables, `$approved`, `$mgmt` and `$block` our lists of v4. */
  readonly does: string
  readonly kind: DriftKind
}

/** A file of rules of somebody else's, for iptables-restore without --noflush. */
const THEIR_FILE = '*filter\\n:INPUT ACCEPT [0:0]\\n-A INPUT -p tcp --dport 80 -j ACCEPT\\nCOMMIT\\n'

const rows: readonly Row[] = [
  { name: 'all rules are flushed', does: '$ip -F; $ip6 -F', kind: 'jump-removed' },
  {
    name: 'all rules and chains go, as firewalld does it',
    does: 'for one in "$ip" "$ip6"; do $one -F; $one -X; $one -P INPUT ACCEPT; done',
    kind: 'table-removed',
  },
  {
    name: 'a file of somebody else takes the place of all rules',
    does: `printf '${THEIR_FILE}' | $restore`,
    kind: 'table-removed',
  },
  { name: 'a set is emptied', does: 'ipset flush $approved', kind: 'elements-removed' },
  { name: 'every set is emptied', does: 'ipset flush', kind: 'other' },
  { name: 'a stranger is put into the list', does: `ipset add $approved ${STRANGER}`, kind: 'elements-added' },
  { name: 'an approved host goes', does: `ipset del $approved ${APPROVED}`, kind: 'elements-removed' },
  { name: 'an approved prefix goes', does: 'ipset del $approved 20.2.0.0/24', kind: 'elements-removed' },
  { name: 'a prefix is put into the list', does: 'ipset add $approved 20.9.0.0/24', kind: 'elements-added' },
  { name: 'a stranger becomes management', does: `ipset add $mgmt ${STRANGER}`, kind: 'elements-added' },
  { name: 'a stranger is let in by hand', does: `ipset add $open ${STRANGER}`, kind: 'elements-added' },
  { name: 'a blocked source goes free', does: `ipset del $block ${BLOCKED}`, kind: 'elements-removed' },
  {
    name: 'one host takes the place of another',
    does: `ipset del $approved ${APPROVED}; ipset add $approved ${STRANGER}`,
    kind: 'elements-removed',
  },
  {
    name: 'a set is swapped for another with as many elements',
    does: `ipset create other hash:net; for one in ${STRANGER} 1.1.1.1 1.1.1.2; do ipset add other $one; done; ipset swap other $approved; ipset destroy other`,
    kind: 'set-replaced',
  },
  { name: 'rules are flushed and a set destroyed', does: '$ip -F; ipset destroy $mgmt', kind: 'set-removed' },
  { name: 'what says what is in force is renamed', does: 'ipset rename $mark edgeward-at-nothing', kind: 'other' },
  { name: 'a chain is emptied', does: '$ip -F EDGEWARD-JUDGE', kind: 'rules-removed' },
  { name: 'a chain of IPv6 is emptied', does: '$ip6 -F EDGEWARD-JUDGE', kind: 'rules-removed' },
  {
    name: 'a chain is deleted',
    does: '$ip -F EDGEWARD-GUARD; $ip -F EDGEWARD-PORTS; $ip -X EDGEWARD-PORTS',
    kind: 'chain-removed',
  },
  { name: 'a rule is put before ours', does: `$ip -I EDGEWARD-JUDGE -s ${STRANGER} -j RETURN`, kind: 'rules-added' },
  { name: 'a rule is put after ours', does: '$ip -A EDGEWARD -j RETURN', kind: 'rules-added' },
  { name: 'a rule is exchanged', does: '$ip -R EDGEWARD-REFUSE 1 -j RETURN', kind: 'rules-changed' },
  { name: 'our jump goes', does: '$ip -D INPUT -j EDGEWARD', kind: 'jump-removed' },
  { name: 'our jump of IPv6 goes', does: '$ip6 -D INPUT -j EDGEWARD', kind: 'jump-removed' },
  { name: 'a rule is put before our jump', does: '$ip -I INPUT -p tcp --dport 80 -j ACCEPT', kind: 'jump-passed' },
  { name: 'our jump is there twice', does: '$ip -A INPUT -j EDGEWARD', kind: 'rules-added' },
]

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  t.setTimeout(290_000)
  const network = await createTestNetwork({ clients: { approved: [APPROVED], stranger: [STRANGER], blocked: [BLOCKED] } })
  t.teardown(() => network.dispose())
  await (await network.edge.peer()).listen('http', 80)
  for (const backend of IPSET_BACKENDS)
    await t.test(backend.name, { skip: backend.skip, timeout: 140_000 }, (t) => showOn(t, network, backend))
}

async function showOn(t: Test, network: TestNetwork, { variant }: IpsetBackend): Promise<void> {
  const { edge } = network
  const run = runInNamespace(edge)

  await t.test('proof: management prefixes of length 0 are read back as what they are', async (t) => {
    for (const manage of [
      ['0.0.0.0/0', '::/0'],
      ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'],
      ['10.0.0.0/8', '::/0'],
    ]) {
      const program = aProgram({ approve: [APPROVED], manage })
      const firewall = createIpsetFirewall({ run, variant })
      await firewall.apply(program)
      const found = await createIpsetKernelReader(run).read(AbortSignal.timeout(60_000))
      t.same(found, { approved: program.digest, management: digestOf(program.management), blocks: 1 }, manage.join())
      await firewall.remove()
    }
  })

  const lab = await createDriftLab(edge, {
    ipset: variant,
    approve: [APPROVED, BLOCKED, '20.2.0.0/24', '2400:1::1', '2400:2::/48'],
    manage: ['198.18.5.0/24'],
    block: [BLOCKED],
    patience: { freeRepairs: 1000, fightCount: 1000 },
  })
  t.teardown(() => lab[Symbol.asyncDispose]())
  const whole = await lab.table()
  const peers = [
    { peer: await network.client('approved').peer(), meets: 'passed', name: 'the approved' },
    { peer: await network.client('stranger').peer(), meets: 'reset', name: 'the stranger' },
    { peer: await network.client('blocked').peer(), meets: 'reset', name: 'the blocked' },
  ]
  const words = `ip='iptables-${variant} -w'; ip6='ip6tables-${variant} -w'; restore='iptables-${variant}-restore -w 30'
    name() { ipset list -name | grep "^edgeward-$1" | head -n 1; }
    approved=$(name approved4) mgmt=$(name mgmt4) open=$(name open4) block=$(name block4) mark=$(name at-)\n`

  for (const { name, does, kind } of rows)
    await t.test(`drift: ${name}: found, named and put right`, async (t) => {
      const before = lab.status().drift
      await edge.mustRun('sh', ['-ec', words + does])
      // Between two commands of somebody else's it may look already.
      const { drift } = await lab.until(name, ({ drift: { repaired } }) => repaired > before.repaired)
      if (!does.includes(';')) t.equal(drift.lastKind, kind)
      t.equal(drift.lastProcess, null, 'nobody can be named')
      await lab.drift.idle()
      await lab.drift.look()
      await lab.drift.idle()
      t.equal(await lab.table(), whole, 'all is as before')
      for (const { peer, meets, name: who } of peers) {
        const { outcome } = await peer.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80, timeoutMs: 5000 })
        t.equal(outcome, meets, who)
      }
    })

  await t.test('drift: the same numbers of other elements are found by the proof', async (t) => {
    const before = lab.status().drift
    const exchange = 'del $mgmt 198.18.5.0/24\\nadd $mgmt 20.9.0.0/25\\n'
    await edge.mustRun('sh', ['-ec', `${words} printf "${exchange}" | ipset restore`])
    lab.proof.want()
    await lab.until('it is put right', ({ drift, proof }) => drift.repaired > before.repaired && proof?.agrees === true)
    await lab.drift.idle()
    t.equal(await lab.table(), whole, 'all is as before')
  })

  await t.test('drift: rules and sets of others are no drift, the policy of a chain of the kernel neither', async (t) => {
    const before = lab.status().drift
    await edge.mustRun('sh', [
      '-ec',
      `${words} ipset create theirs hash:ip; $ip -A INPUT -s 9.9.9.9 -j DROP; $ip -P FORWARD DROP`,
    ])
    await lab.drift.look()
    await lab.drift.idle()
    t.equal(lab.status().drift.found, before.found)
    await edge.mustRun('sh', ['-ec', `${words} $ip -D INPUT -s 9.9.9.9 -j DROP; $ip -P FORWARD ACCEPT; ipset destroy theirs`])
  })

  await lab[Symbol.asyncDispose]()
  await createIpsetFirewall({ run, variant }).remove()
}
